"""What is done at a person's request, one at a time, and what is said of it.

Nothing that is said names the person: customer ids and counts only.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pipeline.counted import counted
from pipeline.errors import NotOnePerson, UnknownIdentifier
from pipeline.identity.explain import spellings
from pipeline.job import lock
from pipeline.privacy import closure, copies, erasure, pending, search, suppression
from pipeline.privacy.erasure import Erased
from pipeline.privacy.person import Person, together
from pipeline.privacy.texts import is_searchable
from pipeline.privacy.tombstones import replace
from pipeline.run import Listener
from pipeline.settings import Settings

REQUESTS = "erase_requests.txt"


class Rehearsed(NamedTuple):
    """Whom a request is about, and what would be done."""

    person: Person
    lines: list[str]


class Done(NamedTuple):
    """What was done."""

    erased: Erased
    lines: list[str]


class Verified(NamedTuple):
    """What a search of every byte found.

    Attributes:
        is_found: Whether anything but the tombstone knows the person.
    """

    is_found: bool
    lines: list[str]


def rehearse(settings: Settings, asked: Sequence[str], *, alone: bool, now: datetime) -> Rehearsed:
    """Find whom the request is about, and what would go.

    Raises:
        NotOnePerson: Nobody is named, or an identifier names several customers or none.
        UnknownIdentifier: No landed record names one of them.
    """
    if not asked:
        raise NotOnePerson("name whom to erase: an e-mail address, phone number or id")
    find = closure.alone if alone else closure.whole
    with lock(settings):
        pending.refuse(settings.lake)
        named = together(find(settings, one, now=now) for one in asked)
        person = closure.completed(settings, named)
        would = erasure.rehearse(settings, person)
    going = "would go:" if would.counts else "nothing would go, and a tombstone would be set"
    return Rehearsed(person, [_whom(person), going, *_told(would)])


def erase(settings: Settings, person: Person, *, now: datetime, listener: Listener) -> Done:
    """Erase a person that `rehearse` found."""
    with lock(settings):
        pending.refuse(settings.lake)
        erased = erasure.erase(settings, person, now=now, listener=listener)
    return Done(erased, _outcome(erased))


def resume(settings: Settings, *, listener: Listener) -> Done:
    """Finish the erasure that was interrupted.

    Raises:
        NotOnePerson: None was.
    """
    with lock(settings):
        begun = pending.read(settings.lake)
        if begun is None:
            raise NotOnePerson("no erasure was interrupted; name whom to erase")
        erased = erasure.finish(settings, begun, listener=listener)
    return Done(erased, _outcome(erased))


def verify(settings: Settings, asked: Sequence[str]) -> Verified:
    """Search every byte under the project's data folder for identifiers and what they gave.

    Raises:
        UnknownIdentifier: A value is too short to be searched for by itself.
    """
    identifiers = [pair for one in asked for pair in _pairs(settings, one)]
    derived = erasure.derived(settings, identifiers)
    stones = erasure.digests_of(settings, identifiers)
    wanted = search.needles(identifiers, derived | stones, asked)
    data = settings.folder / "data"
    places = search.places(data, wanted) if data.is_dir() else []
    allowed = erasure.tombstone_files(settings)
    found = [path for path in places if path not in allowed]
    named = erasure.landed_names(settings, identifiers)
    names = [path.relative_to(settings.folder).as_posix() for path in found]
    lines = [f"! found in {name}" for name in copies.without_names(names, wanted)]
    names_it = "names it" if named == 1 else "name it"
    lines += [f"! {counted(named, 'landed record')} {names_it}"] if named else []
    lines += [f"tombstone: {path.name}" for path in places if path in allowed]
    lines += [f"{'found' if found or named else 'nothing found'} under {data}"]
    return Verified(bool(found or named), lines)


def waiting(settings: Settings) -> list[str]:
    """The identifiers that wait in the project's erase_requests.txt, one a line."""
    path = settings.folder / REQUESTS
    if not path.is_file():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip()]


def erase_first(settings: Settings, *, now: datetime, listener: Listener) -> Done:
    """Erase the person of the first line that waits, and take the line away.

    Raises:
        NotOnePerson: None waits, or the line names no one person.
        UnknownIdentifier: No landed record names it.
    """
    first, *others = waiting(settings) or [""]
    found = rehearse(settings, [first] if first else [], alone=False, now=now)
    done = erase(settings, found.person, now=now, listener=listener)
    path = settings.folder / REQUESTS
    staged = path.with_name(f".{REQUESTS}.{os.getpid()}")
    staged.write_text("".join(f"{line}\n" for line in others), encoding="utf-8")
    replace(staged, path)
    return done


def suppress(settings: Settings, asked: str, *, now: datetime) -> list[str]:
    """Stop processing of a person's data; says whose."""
    with lock(settings):
        person = closure.whole(settings, asked, now=now)
        count = suppression.add(settings.lake, person.identifiers, now)
    return [_whom(person), f"processing stops with the next run: {counted(count, 'identifier')}"]


def lift(settings: Settings, asked: str, *, now: datetime) -> list[str]:
    """Let processing of a person's data go on; says whose."""
    with lock(settings):
        person = closure.whole(settings, asked, now=now)
        count = suppression.lift(settings.lake, person.identifiers)
    return [_whom(person), f"processing goes on with the next run: {counted(count, 'identifier')}"]


def _pairs(settings: Settings, asked: str) -> list[tuple[str, str]]:
    """What an identifier may be in normal form, with a word for a namespace that is not said."""
    region = settings.company.phone_region
    found = spellings(asked, region=region).rows()
    said = [(namespace, value) for namespace, value in found if namespace is not None]
    # `user_id:account-7` says what it is; its digits are nobody's telephone number.
    explicit = asked.strip().partition(":")[0].casefold() if ":" in asked else None
    said = [one for one in said if one[0].casefold() == explicit] or said
    if not said and not is_searchable(asked):
        raise UnknownIdentifier(
            "too short to be searched for wherever it stands; write namespace:value"
        )
    return said or [("value", asked.strip())]


def _whom(person: Person) -> str:
    ids = ", ".join(person.customer_ids) or "nobody who is a customer"
    return f"{ids}: {counted(len(person.identifiers), 'identifier')}"


def _told(erased: Erased) -> list[str]:
    """Counts by place, then what the company itself has to do."""
    lines = [f"  {place}: {count:,}" for place, count in sorted(erased.counts.items())]
    if erased.yours:
        lines.append("yours to remove or correct, since Wend only reads them:")
        lines += [f"  {path}" for path in erased.yours]
    return lines


def _outcome(erased: Erased) -> list[str]:
    """What was done, and whether anything is left."""
    if not erased.counts:
        kept_out = "nothing is kept of them and nothing was removed; a later record will be ignored"
        return [_whom(erased.person), kept_out, *_told(erased)]
    lines = [_whom(erased.person), "went or was rewritten:", *_told(erased)]
    lines += [f"! left in {path}" for path in erased.left]
    lines += [f"! check failed: {claim}" for claim in erased.failed_checks]
    if erased.left:
        lines.append("! remove these files, then `wend erase --resume` ends the erasure")
    else:
        lines.append("nothing is left under data/ but the tombstone; `wend erase --verify` asks")
    return lines
