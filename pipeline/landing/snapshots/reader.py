"""Nightly full exports without history to change events.

Any CSV, JSON, JSON lines or Parquet file with one row per object (a contact, an account, a
deal), as `[sources.NAME.snapshot]` maps its columns; a column that is not mapped or ignored is
refused. Identifiers: as mapped; their change is an event, too. Clock: when the export was taken,
from a column that is the same in all rows or from the file's name; stamps as the source's
`time_format` says, `epoch` and `numeric` proved from all stamps of the file.

A snapshot is compared with the last one landed (state.py) and each row becomes:
- `<object>_created`, first seen. Where the row has a time of its own for that, it is then; if
  that lies before the last snapshot, its present values are told by `<object>_listed`.
- `<object>_listed`, in the first snapshot of all: it was there, nobody knows since when. Values
  are in `properties.values`.
- `<object>_changed`: `properties.changed` has old and new value of each watched column, the label
  is the label column's new value where that changed. It happened at the row's own time of change
  if that lies after the last snapshot, else no later than this one; `previous_snapshot` says
  since when.
- nothing: ignored by the rule `unchanged`, or `repeated` for the same row again.
What the last snapshot held and this one does not is `<object>_removed`; these events are of a
record of their own after the last, the end of the file.

Snapshots land in order of time, each as a batch. One that is older than the last is refused, and
so is one with far fewer objects: it is taken for half written. An object whose row cannot be read
stays as it was. While a row's key cannot be read, no object is told as removed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import polars as pl

from pipeline.errors import BadRecord, BadSettings, SourceRefused
from pipeline.landing import cells, mapped_columns, mapped_rows
from pipeline.landing.clocks import Instant
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Feed, Ignored, Outcome, Profile, Raw, RawFile, Refused
from pipeline.landing.snapshots import state
from pipeline.landing.snapshots.changes import Scene, changed_since, new, removed, said_day
from pipeline.landing.snapshots.rows import (
    Row,
    columns_of,
    digest_of,
    key_of,
    reader_of,
    taken_by_name,
    taker_of,
)
from pipeline.landing.snapshots.state import Comparison, Past
from pipeline.settings import Snapshot


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What a snapshot's rows became, compared with those of the last snapshot.

    Raises:
        SourceRefused: Older than the last snapshot, far smaller, of several instants, or as for
            the generic reader.
    """
    said = snapshot_of(feed)
    feed = settled(file, feed)
    taken = taken_at(file, feed)
    past = state.past(feed.earlier)
    refuse_older(file, taken, past)
    # The rows are read twice; they are counted once.
    seen = state.frame(_seen(uncounted(file), feed, taken), state.SEEN)
    found = state.compare(past.live, seen)
    refuse_shrunken(file, feed, past, seen)
    fates = set(found.fates["fate"].unique())
    if past.taken_us == taken.us and (found.gone or fates & {"new", "changed"}):
        raise SourceRefused(
            f"{file.name}: another snapshot of {said_day(taken.us)} has landed with other rows; "
            "keep one of the two"
        )
    scene = Scene(said, channel_of(feed), taken, past.taken_us)
    pieces: list[pl.DataFrame] = []
    rows = [state.kept(taken.us, None)]
    for outcome, row in _told(file, feed, scene, found):
        if row is not None:
            rows.append(state.kept(taken.us, row.key, row.digest, row.content))
        if len(rows) == state.CHUNK:
            pieces.append(state.frame(rows, state.STATE))
            rows = []
        yield outcome
    old = state.recalled(feed.earlier, pl.Series(found.gone, dtype=pl.String))
    last = seen["number"].max()
    end = (last if isinstance(last, int) else 0) + 1
    for key in found.gone:
        rows.append(state.kept(taken.us, key, None, old[key]))
        yield removed(scene, end, key, old[key])
    if feed.folder is not None:
        pl.concat([*pieces, state.frame(rows, state.STATE)]).write_parquet(feed.folder / state.FILE)


def in_order(files: Sequence[RawFile], feed: Feed) -> list[RawFile]:
    """The files in the order in which they were taken; those that cannot tell come last."""

    def moment(file: RawFile) -> tuple[bool, int, str]:
        try:
            # A name that says when needs no other proof.
            known = feed if snapshot_of(feed).file_date else settled(file, feed)
            return False, taken_at(file, known).us, file.name
        except SourceRefused:
            return True, 0, file.name

    return sorted(files, key=moment)


def snapshot_of(feed: Feed) -> Snapshot:
    """The source's mapping.

    Raises:
        BadSettings: There is none.
    """
    if feed.source.snapshot is None:
        raise BadSettings(f"sources.{feed.name}: needs a [sources.{feed.name}.snapshot] section")
    return feed.source.snapshot


def settled(file: RawFile, feed: Feed) -> Feed:
    """The feed with the layout of time that all stamps of a snapshot prove.

    Raises:
        SourceRefused: As for `mapped_rows.settled`.
    """
    said = snapshot_of(feed)
    named = filter(None, (said.taken_at, said.created_at, said.changed_at))
    return mapped_rows.settled(file, feed, columns_of(said), map(mapped_columns.getter, named))


def _rows(file: RawFile, feed: Feed) -> Iterator[Raw]:
    """The rows of a snapshot, its columns checked."""
    columns = columns_of(snapshot_of(feed))
    return mapped_rows.records(file, feed, columns, mapped_columns.plan_of(columns))


def uncounted(file: RawFile) -> RawFile:
    """The file for another reading of it, which does not count its fields again."""
    return replace(file, profile=Profile())


def taken_at(file: RawFile, feed: Feed) -> Instant:
    """When a snapshot was taken: by its name, or by the first row that can be read.

    Raises:
        SourceRefused: Neither says.
    """
    said = snapshot_of(feed)
    if said.file_date is not None:
        return taken_by_name(file, feed, said.file_date)
    assert said.taken_at is not None
    take = mapped_columns.getter(said.taken_at)
    for raw in _rows(uncounted(file), feed):
        if raw.problem is None:
            try:
                return cells.instant(take(raw.value), feed)
            except BadRecord as bad:
                raise SourceRefused(
                    f"{file.name}, record {raw.number}: {said.taken_at}: {bad}"
                ) from bad
    raise SourceRefused(f"{file.name}: has no row that says when it was taken; fetch it again")


def refuse_older(file: RawFile, taken: Instant, past: Past) -> None:
    """Refuse a snapshot from before the last one.

    Raises:
        SourceRefused: It is; says what to do.
    """
    if past.taken_us is not None and taken.us < past.taken_us:
        raise SourceRefused(
            f"{file.name}: was taken on {said_day(taken.us)}, before the last snapshot landed, of "
            f"{said_day(past.taken_us)}: its changes can no longer be told apart; take the "
            "file away, or give the source another name, to land all its snapshots in order"
        )


def refuse_shrunken(file: RawFile, feed: Feed, past: Past, seen: pl.DataFrame) -> None:
    """Refuse a snapshot with far fewer rows than the last one had objects.

    Raises:
        SourceRefused: It has; says what to do.
    """
    share = snapshot_of(feed).least_share
    if seen.height < share * past.live.height:
        raise SourceRefused(
            f"{file.name}: has {seen.height} rows where the last snapshot had "
            f"{past.live.height} objects, and is taken for half written; fetch it again, or if "
            f"so many are gone set least_share below {share} in [sources.{feed.name}.snapshot]"
        )


def _seen(
    file: RawFile, feed: Feed, taken: Instant
) -> Iterator[tuple[int, str | None, int | None]]:
    """Number, key and digest of each row; without those that cannot be read.

    Raises:
        SourceRefused: Rows of two instants.
    """
    said = snapshot_of(feed)
    content = taker_of(said)
    take = mapped_columns.getter(said.taken_at) if said.taken_at is not None else None
    same: set[str] = set()
    for raw in _rows(file, feed):
        if raw.problem is not None:
            yield raw.number, None, None
            continue
        key = None
        try:
            key = key_of(raw.value, said)
            if take is not None and str(stamp := take(raw.value)) not in same:
                if cells.instant(stamp, feed).us != taken.us:
                    raise SourceRefused(
                        f"{file.name}, record {raw.number}: {said.taken_at} is {stamp}, and "
                        f"{said_day(taken.us)} before; one file is one snapshot: split it by this "
                        "column"
                    )
                same.add(str(stamp))
            yield raw.number, key, digest_of(*content(raw.value))
        except BadRecord:
            yield raw.number, key, None


def _told(
    file: RawFile, feed: Feed, scene: Scene, found: Comparison
) -> Iterator[tuple[Outcome, Row | None]]:
    """What each row became; with the row where the state changes by it."""
    understand = reader_of(feed, scene.said)
    keys = found.fates.filter(pl.col("fate") == "changed")["key"]
    old = state.recalled(feed.earlier, keys)
    fates = chain.from_iterable(
        piece["fate"].to_list() for piece in found.fates.iter_slices(state.CHUNK)
    )
    for raw, fate in zip(_rows(file, feed), fates, strict=True):
        if raw.problem is not None:
            yield Refused(raw.number, raw.text, raw.problem), None
        elif fate == "unreadable":
            yield Refused(raw.number, raw.text, _reason(raw, feed)), None
        elif fate == "torn":
            reason = "its key stands on several rows of this snapshot, which differ; the object "
            yield Refused(raw.number, raw.text, reason + "is kept as it was"), None
        elif fate in {"unchanged", "repeated"}:
            yield Ignored(raw.number, fate), None
        else:
            try:
                row = understand(raw.value)
            except BadRecord as bad:
                # The object stays as it was.
                yield Refused(raw.number, raw.text, str(bad)), None
                continue
            tell = new if fate == "new" else partial(changed_since, old=old[row.key])
            # An address in capitals is written otherwise and the same.
            told: list[Outcome] = [*tell(scene, raw.number, row)]
            for place, outcome in enumerate(told or [Ignored(raw.number, "unchanged")]):
                yield outcome, row if place == 0 else None


def _reason(raw: Raw, feed: Feed) -> str:
    """Why nobody can say whose row it is, or of when."""
    said = snapshot_of(feed)
    try:
        key_of(raw.value, said)
        if said.taken_at is not None:
            cells.instant(mapped_columns.getter(said.taken_at)(raw.value), feed)
    except BadRecord as bad:
        return str(bad)
    raise AssertionError("a row could not be read and now it can")
