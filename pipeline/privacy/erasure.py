"""One person out of everything that Wend keeps: found, written down, done, looked for again.

The order is that of safety: first the tombstones, so that nothing comes back; then the lake, from
which all else is made; then everything that was made of it. Killed anywhere, it goes on where it
was when it is run again.
"""

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from pipeline import publish, run, steps
from pipeline.identity import alarms, ids, lookup
from pipeline.identity.matching import review
from pipeline.job import begin, plan
from pipeline.landing import ledger
from pipeline.privacy import (
    copies,
    decided,
    hashed,
    lake,
    pending,
    search,
    sharing,
    suppression,
    tombstones,
)
from pipeline.privacy.gate import read_sql
from pipeline.privacy.pending import Pending
from pipeline.privacy.person import Person
from pipeline.privacy.search import Needles, needles
from pipeline.privacy.texts import first_word, is_searchable, last_digits, masked_path, phrase
from pipeline.privacy.tombstones import Name
from pipeline.run import Listener
from pipeline.settings import Settings, erasure_key, identity_key
from pipeline.warehouse import quoted

COVERED = (
    "identifiers in any spelling; their MD5, SHA-1 and SHA-2 in hexadecimal and base64, and base64 "
    "itself; the customer and identifier ids that Wend's keys make of them"
)


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did, or would do.

    Attributes:
        counts: Place -> how many rows, files or snapshots went or were rewritten there.
        yours: Files of the company that name the person, for the company to remove.
        left: Files under data/ that still name the person; none, or something went wrong.
        failed_checks: Claims that do not hold in what was published anew.
    """

    person: Person
    counts: Mapping[str, int]
    yours: tuple[str, ...]
    left: tuple[str, ...]
    failed_checks: tuple[str, ...] = ()


def rehearse(settings: Settings, person: Person) -> Erased:
    """What erasing this person would do; nothing is changed."""
    with lake.connect(settings) as con:
        lake.doom(con, settings, person)
        counts = lake.count(con, settings.lake, person)
    counts.update(decided.count(settings, person))
    wanted = needles(person.identifiers, person.pairs, person.asked)
    counts["fetched files"] = len(search.holders(copies.fetched(settings.lake), wanted))
    if +counts or person.customer_ids or person.event_ids or is_known(settings, person):
        counts["snapshots"] = len(snapshots(settings.published))
    return Erased(person, +counts, tuple(copies.holders(settings, wanted)), ())


def is_known(settings: Settings, person: Person) -> bool:
    """Whether anything that Wend keeps names the person, be it but an old snapshot."""
    ours = derived(settings, person.identifiers).union(person.pairs)
    wanted = needles(person.identifiers, ours, person.asked)
    return bool(search.holders(copies.own(settings), wanted) or remaining(settings, wanted))


def erase(settings: Settings, person: Person, *, now: datetime, listener: Listener) -> Erased:
    """Erase a person; the caller holds the project's lock.

    Of whom nothing is kept nothing is removed; a tombstone keeps out what may come later.
    """
    if not (person.customer_ids or person.event_ids):
        would = rehearse(settings, person)
        if not would.counts and not is_known(settings, person):
            stones = tombstones.add(settings.lake, now, names(person, ()))
            write_manifest(settings.lake, would, now, stones)
            return would
    pending.write(settings.lake, Pending(person, now))
    return finish(settings, Pending(person, now), listener=listener)


def finish(settings: Settings, begun: Pending, *, listener: Listener) -> Erased:
    """Erase the person of a pending erasure, from whatever point it had come to."""
    person, at = begun
    ours = derived(settings, person.identifiers)
    wanted = needles(person.identifiers, ours.union(person.pairs), person.asked)
    listener.step("erase")
    with lake.connect(settings) as con:
        lake.settle(settings.lake)
        doomed = lake.doom(con, settings, person)
        told = doomed.filter(~pl.col("is_told_by_names"))["event_id"].to_list()
        stones = tombstones.add(settings.lake, at, names(person, told))
        sharing.add(settings.lake, person.shared, at)
        counts = lake.rewrite(con, settings.lake, person)
    counts["fetched files"] = copies.remove_fetched(settings.lake, wanted)
    counts.update(copies.rewrite_own(settings, wanted))
    counts.update(decided.take_out(settings, person))
    counts["stamps"] = copies.forget_stamps(settings.lake, wanted)
    counts["suppressions"] = suppression.lift(settings.lake, person.identifiers)
    listener.done("erase", f"{sum(counts.values()):,} rows and files")
    counts["snapshots"], failed = republish(settings, person, now=at, listener=listener)
    yours = tuple(copies.holders(settings, wanted))
    left = tuple(remaining(settings, wanted))
    erased = Erased(person, +counts, yours, left, failed)
    if not left:
        write_manifest(settings.lake, erased, at, stones)
        pending.path_of(settings.lake).unlink()
    return erased


def names(person: Person, event_ids: Iterable[str]) -> list[Name]:
    """What is to be known again of a person."""
    searchable = [value for _, value in person.identifiers if is_searchable(value)]
    phones = [value for namespace, value in person.identifiers if namespace == "phone"]
    return [
        *(Name("identifier", f"{namespace}:{value}") for namespace, value in person.identifiers),
        *(Name("text", *phrase(value)) for value in searchable),
        *(Name("digits", last_digits(value)) for value in phones),
        *(Name("word", first_word(value)) for value in searchable),
        *(
            Name("hash", one[: hashed.TOLD_BY])
            for _, value in person.identifiers
            for one in hashed.usual(value)
        ),
        *(Name("event", event_id) for event_id in event_ids),
    ]


def derived(settings: Settings, identifiers: Iterable[tuple[str, str]]) -> set[str]:
    """What Wend's own keys make of identifiers: customer ids and published identifier ids."""
    key = identity_key(settings.lake)
    salt = hashlib.blake2b(b"published identifiers", key=key[:64]).hexdigest()
    pairs = list(identifiers)
    published = {
        hashlib.md5(f"{salt}{namespace}:{value}".encode(), usedforsecurity=False).hexdigest()
        for namespace, value in pairs
    }
    # Without the letter that says what an id stands for: they differ in nothing else.
    ours = {one[1:] for one in ids.keyed(pairs, key, prefix=ids.CUSTOMER)}
    return published | ours | set(suppression.digests(settings.lake, pairs))


def republish(
    settings: Settings, person: Person, *, now: datetime, listener: Listener
) -> tuple[int, tuple[str, ...]]:
    """Publish what is left, then remove every older snapshot, page and intermediate result.

    Readers keep the old snapshot until the new one stands. No alarm stops it: whom to erase was
    told by customers that raised none, so what alarms now is the erasure's own doing. Without the
    person's events others come apart, and are called after other identifiers.

    Returns:
        How many snapshots were removed, and the checks that fail in the new one.
    """
    calm = settings.model_copy(update={"identity": alarms.lifted(settings.identity)})
    standing = publish.current_record(settings.published)
    if standing:
        _forget_previous(settings, person)
        job = plan(settings, None, now)
        if standing["digest"] != job.digest:
            begin(settings, job)
            for name in run.STEPS[1:]:
                listener.step(name)
                listener.done(name, steps.perform(calm, job, name))
    else:
        shutil.rmtree(settings.work, ignore_errors=True)
    gone = [path for path in snapshots(settings.published) if path.name not in _current(settings)]
    for folder in [*gone, *_others(settings.reports, _current(settings))]:
        shutil.rmtree(folder)
    record = publish.current_record(settings.published)
    return len(gone), tuple(record.get("failed_checks", ()))


def _forget_previous(settings: Settings, person: Person) -> None:
    """Let the next publish compare itself with nobody who was erased."""
    folder = settings.published / publish.POINTER / "identity"
    ours = derived(settings, person.identifiers)
    said = "|".join([person.expression, *sorted(ours.union(person.customer_ids))])
    with lake.connect(settings) as con:
        con.execute("set variable named = ?", [said])
        # Beside tables that are written anew these would tell of rows that are gone.
        shutil.rmtree(folder.resolve() / lookup.FOLDER, ignore_errors=True)
        (folder.resolve() / review.FILE).unlink(missing_ok=True)
        for path in sorted(folder.resolve().glob("*.parquet")):
            con.execute(
                "create or replace temp view batch_rows as "
                f"from read_parquet({quoted(path.as_posix())})"
            )
            staged = path.with_suffix(".staged")
            con.execute(
                f"copy ({read_sql('kept_rows')}) to {quoted(staged.as_posix())} (format parquet)"
            )
            staged.replace(path)


def snapshots(published: Path) -> list[Path]:
    """The folders of all snapshots, half-built ones too."""
    return _others(published, set())


def _others(folder: Path, names: set[str]) -> list[Path]:
    """The folders in a folder, but those of these names."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_dir() and not path.is_symlink() and path.name not in names
    )


def _current(settings: Settings) -> set[str]:
    record = publish.current_record(settings.published)
    return {publish.current(settings.published).name} if record else set()


def remaining(settings: Settings, wanted: Needles) -> list[str]:
    """The files under data/ that still name the person, but what the company has to remove."""
    skip = frozenset({pending.path_of(settings.lake), *copies.own(settings)})
    data = settings.folder / "data"
    found = search.places(data, wanted, skip=skip) if data.is_dir() else []
    return [path.relative_to(settings.folder).as_posix() for path in found]


def write_manifest(lake_folder: Path, erased: Erased, at: datetime, stones: Iterable[str]) -> Path:
    """Keep what was done, without a word of whom it was done to."""
    digests = sorted(stones)
    known = tombstones.read(lake_folder)
    namespaces = Counter(namespace for namespace, _ in erased.person.identifiers)
    told = {
        "erased_at": at.isoformat(),
        "identifiers_by_namespace": dict(sorted(namespaces.items())),
        "counts": dict(sorted(erased.counts.items())),
        "tombstones": digests,
        "yours_to_remove": [masked_path(path, known) for path in erased.yours],
        "searched_for": COVERED,
        "verification": "wend erase --verify IDENTIFIER",
    }
    name = hashlib.sha256("".join(digests).encode()).hexdigest()[:16]
    path = lake_folder / "erasures" / f"{at:%Y-%m-%dT%H%M%SZ}-{name}.json"
    path.parent.mkdir(exist_ok=True)
    staged = path.with_suffix(".staged")
    staged.write_text(json.dumps(told, indent=2), encoding="utf-8")
    tombstones.replace(staged, path)
    return path


def tombstone_files(settings: Settings) -> set[Path]:
    """Where tombstones stand: the only files that may still know the person."""
    return {settings.lake / tombstones.FILE, *(settings.lake / "erasures").glob("*.json")}


def digests_of(settings: Settings, identifiers: Iterable[tuple[str, str]]) -> set[str]:
    """The tombstones that these identifiers have or would have."""
    key = erasure_key(settings.lake)
    return {
        tombstones.keyed(key, "identifier", f"{namespace}:{value}")
        for namespace, value in identifiers
    }


def landed_names(settings: Settings, identifiers: Iterable[tuple[str, str]]) -> int:
    """How many landed records name these identifiers exactly; of short ones nothing else tells."""
    wanted = pl.LazyFrame(
        list(identifiers), schema={"namespace": pl.String, "value": pl.String}, orient="row"
    )
    rows = ledger.landed_table(settings.lake, "identifiers")
    found = rows.join(wanted, on=["namespace", "value"], how="semi").select(pl.len())
    return int(found.collect().item())
