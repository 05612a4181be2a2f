"""Segment calls, block by block: what `segment.read` gives, where a call leaves no doubt.

A call is plain when every part of it has the common form and nothing like it was seen before. It
is read column by column, and what takes thought is worked out once for each distinct text. Every
other call goes to the reader.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress, repeat
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from pipeline.landing import digests
from pipeline.landing.agents import is_known_range
from pipeline.landing.clocks import Clock
from pipeline.landing.containers.json_records import json_object
from pipeline.landing.containers.text_lines import byte_blocks
from pipeline.landing.digests import NEXT, UNIT
from pipeline.landing.fields import observed
from pipeline.landing.plain import Plain, Writer, chosen, constant, instants
from pipeline.landing.record import Feed, Outcome, Profile, Raw, RawFile, outcomes
from pipeline.landing.web import segment
from pipeline.landing.web.segment_book import (
    CONTEXT_PARTS,
    GIVEN,
    OF_ITS_PAGE,
    PARTS,
    SEPARATOR,
    WHOLE,
    Book,
)
from pipeline.landing.web.segment_calls import (
    NO_CONTEXT,
    TYPED,
    Context,
    Taken,
    column,
    kind,
    layout,
    taken_apart,
)

PRECISIONS = ["second", "millisecond"]
# A stamp of the common form, of a day that there is and an hour of it.
STAMP = (
    r"^(?:\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31)|\d\d(?:0[48]|[2468][048]|[13579][26])-02-29)"
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$"
)
# Small enough for what comes of it to stay at hand, large enough for columns to pay.
PORTION = 4 * 2**20


def read(file: RawFile, feed: Feed, plain: Plain) -> Iterator[Outcome]:
    """Put the plain calls where they stay; give the outcomes of all others."""
    book = Book(feed, plain.is_erased)
    if len(set(book.namespaces)) < len(GIVEN):
        # Two handles may be one and the same: the reader tells.
        yield from segment.read(file, feed)
        return
    known = layout(())
    with plain.writers(file) as writers:
        export = Export(file, book, plain, writers)
        for block in byte_blocks(file, PORTION):
            taken = taken_apart(block, known)
            known = taken.known
            others = put(taken, export) if taken.calls else []
            book.tidy()
            records = map(call_record, block.records(sorted([*taken.doubtful, *others])))
            yield from outcomes(
                observed(file, records),
                lambda number, call: segment.interpret(feed, book.channel, number, call),
            )


def call_record(raw: Raw) -> Raw:
    """A line as the reader gets it."""
    return raw if raw.problem is not None else json_object(raw.number, raw.text)


class Stamps(NamedTuple):
    """One instant of each call.

    Attributes:
        us: In Unix microseconds; meaningless unless `is_sound`.
        precision: Place in PRECISIONS.
        is_given: Whether the call has it.
        is_sound: Whether it is of the common form and within the source's limits.
    """

    us: NDArray[np.int64]
    precision: NDArray[np.int32]
    is_given: NDArray[np.bool_]
    is_sound: NDArray[np.bool_]


def stamps(given: Sequence[str | None], clock: Clock) -> Stamps:
    """The instants of stamps in UTC, `2026-01-05T09:00:00Z` with or without milliseconds."""
    texts = pa.array(given, pa.string())
    read = pc.if_else(pc.match_substring_regex(texts, STAMP), texts, None).cast(
        pa.timestamp("us", "UTC")
    )
    us = read.cast(pa.int64()).fill_null(0).to_numpy() + clock.offset_us
    is_read = read.is_valid().to_numpy(zero_copy_only=False)
    length = pc.binary_length(texts).fill_null(0).to_numpy()
    return Stamps(
        us,
        (length == 24).astype(np.int32),
        texts.is_valid().to_numpy(zero_copy_only=False),
        is_read & (us >= clock.earliest_us) & (us <= clock.latest_us),
    )


def content_numbers(
    calls: Sequence[Any], contexts: Sequence[Any], names: Mapping[str, str], book: Book
) -> list[int]:
    """The number of each call's content in the book, DOUBTFUL where it has none.

    Args:
        calls: With the context of each in `contexts`.
        contexts: As many.
        names: Unexpected field -> its place in a call.
        book: What is known of contents so far.
    """
    columns = [
        *(texts(calls, name) for name in PARTS),
        *(texts(contexts, name) for name in CONTEXT_PARTS),
        *(texts(calls, place) for place in names.values()),
    ]
    known, fields = book.content_numbers, list(names)
    found = []
    for at, key in enumerate(map(SEPARATOR.join, zip(*columns, strict=False))):
        number = known.get(key)
        if number is None:
            number = book.content_number(key, fields)
        if number == OF_ITS_PAGE:
            full = SEPARATOR.join((key, contexts[at].page or b"{}"))
            number = known.get(full)
            if number is None:
                number = book.content_number(full, fields)
        found.append(number)
    return found


def sender_numbers(contexts: Sequence[Any], book: Book) -> list[int]:
    """The number of each call's sender in the book, DOUBTFUL where it has none."""
    columns = (texts(contexts, "userAgent"), texts(contexts, "device"))
    known = book.sender_numbers
    found = []
    for key in map(SEPARATOR.join, zip(*columns, strict=False)):
        number = known.get(key)
        found.append(book.sender_number(key) if number is None else number)
    return found


def texts(calls: Sequence[Any], name: str) -> Any:
    """The JSON text of one part of all calls, empty where there is none."""
    given = column(calls, name)
    if given.count(UNSET) == len(given):
        return repeat(b"", len(given))
    return [part or b"" for part in given]


def in_ranges(contexts: Sequence[Any], ranges: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which calls come from a network without persons, or may."""
    if not ranges:
        return np.zeros(len(contexts), np.bool_)
    return np.array(
        [
            # What is no text is no address.
            ip.startswith(b'"') and is_known_range(orjson.loads(ip).strip(), ranges)
            for ip in map(bytes, texts(contexts, "ip"))
        ],
        np.bool_,
    )


def have_pages(contexts: Sequence[Any]) -> NDArray[np.bool_]:
    """Which contexts' page is an object, or is not given: the reader refuses any other."""
    pages = column(contexts, "page")
    return np.array([not page or bytes(page)[:1] in {b"{", b"n"} for page in pages], np.bool_)


class Export(NamedTuple):
    """An export while it is read, and where its plain calls go."""

    file: RawFile
    book: Book
    plain: Plain
    writers: Mapping[str, Writer]


class Judged(NamedTuple):
    """What was found out of each call.

    Attributes:
        is_sound: Whether its stamps and its page are sound, and its network is one of persons.
        contents, senders: Numbers in the book.
        occurred, received: In Unix microseconds.
        precisions: Places in PRECISIONS.
    """

    is_sound: NDArray[np.bool_]
    contents: list[int]
    senders: list[int]
    occurred: NDArray[np.int64]
    received: NDArray[np.int64]
    is_received: NDArray[np.bool_]
    precisions: NDArray[np.int32]


class Rows(NamedTuple):
    """Calls that are plain unless they were seen before.

    Attributes:
        places: Theirs among the calls.
        handles: For each handle the place of its call in these rows, its place in GIVEN, its value.
    """

    places: list[int]
    event_digests: list[bytes]
    content_digests: list[bytes]
    handles: tuple[list[int], list[int], list[str]]


class Events(NamedTuple):
    """Plain events, column by column, but for what their contents and senders say.

    Attributes:
        contents, senders: Numbers in the book.
        numbers: Theirs among the records of the file.
    """

    ids: pa.Array
    hashes: pa.Array
    contents: NDArray[np.int32]
    senders: NDArray[np.int32]
    occurred_us: NDArray[np.int64]
    precisions: NDArray[np.int32]
    received_us: NDArray[np.int64]
    is_received: NDArray[np.bool_]
    numbers: NDArray[np.int64]


def put(taken: Taken, export: Export) -> list[int]:
    """Write the plain ones of some calls; the numbers of the others."""
    calls, book = taken.calls, export.book
    found = judged(taken, book)
    rows = hashed(calls, found, book)
    is_new = export.plain.seen.are_new(digests.keys(rows.event_digests))
    kept = is_new.tolist()
    at = np.array(rows.places, np.int64)[is_new]
    events = Events(
        digests.event_ids(list(compress(rows.event_digests, kept))),
        digests.content_hashes(list(compress(rows.content_digests, kept))),
        np.array(found.contents, np.int32)[at],
        np.array(found.senders, np.int32)[at],
        found.occurred[at],
        found.precisions[at],
        found.received[at],
        found.is_received[at],
        np.array(taken.numbers, np.int64)[at],
    )
    write(events, rows, is_new, export)
    stays = np.zeros(len(calls), np.bool_)
    stays[at] = True
    count_fields(export.file.profile, taken, stays.tolist(), events.contents, book)
    return [taken.numbers[place] for place in np.flatnonzero(~stays).tolist()]


def judged(taken: Taken, book: Book) -> Judged:
    """What each call says, from whom it comes and when it was."""
    calls, clock = taken.calls, book.feed.clock
    contexts = [context or NO_CONTEXT for context in column(calls, "context")]
    dates = zip(column(calls, "timestamp"), column(calls, "originalTimestamp"), strict=True)
    occurred = stamps([one or other or None for one, other in dates], clock)
    received = stamps([stamp or None for stamp in column(calls, "receivedAt")], clock)
    unexpected = {
        name: place
        for place, name in taken.known.places().items()
        if name not in segment.RECORD_FIELDS
    }
    return Judged(
        occurred.is_sound
        & (received.is_sound | ~received.is_given)
        & have_pages(contexts)
        & ~in_ranges(contexts, book.feed.company.machine_ranges),
        content_numbers(calls, contexts, unexpected, book),
        sender_numbers(contexts, book),
        occurred.us,
        received.us,
        received.is_given,
        occurred.precision,
    )


def hashed(calls: Sequence[Any], found: Judged, book: Book) -> Rows:
    """The calls whose every part leaves no doubt, with their digests and handles."""
    rows = Rows([], [], [], ([], [], []))
    places, event_digests, content_digests, (handle_rows, handle_kinds, handle_values) = rows
    by_id, by_content = digests.names(book.feed.name)
    users, strangers = book.ids
    what = zip(
        *(column(calls, name) for name in ("messageId", "userId", "anonymousId")),
        *(each if isinstance(each, list) else each.tolist() for each in found),
        strict=True,
    )
    for place, call in enumerate(what):
        own, user, stranger, is_sound, number, sender, us, received_us, is_received, precision = (
            call
        )
        if not is_sound or number < 0 or sender < 0 or (type(own) is int and own not in WHOLE):
            continue
        content = book.contents[number]
        # A handle that is empty is none; 0 is one.
        is_user, is_stranger = user or user == 0, stranger or stranger == 0
        user_id = (users[user] if user in users else book.id_form(0, user)) if is_user else None
        stranger_id = (
            (strangers[stranger] if stranger in strangers else book.id_form(1, stranger))
            if is_stranger
            else None
        )
        if (is_user and user_id is None) or (is_stranger and stranger_id is None):
            continue
        row = len(places)
        named = (
            user_id,
            stranger_id,
            content.email,
            content.phone,
            book.senders[sender].device_id,
        )
        handles = ""
        for kind_of_handle in book.order:
            value = named[kind_of_handle]
            if value is not None:
                handle_rows.append(row)
                handle_kinds.append(kind_of_handle)
                handle_values.append(value)
                handles += f"{NEXT if handles else UNIT}{book.prefixes[kind_of_handle]}{value}"
        at = f"{us}{UNIT}{received_us}" if is_received else f"{us}"
        said = digests.content_digest(
            content.said + f"{UNIT}{PRECISIONS[precision]}{UNIT}{at}{UNIT}0{handles}".encode()
        )
        places.append(place)
        content_digests.append(
            digests.content_digest(said.hex().encode() + content.told) if content.told else said
        )
        name = by_id + str(own).encode() if own or own == 0 else by_content + said.hex().encode()
        event_digests.append(digests.event_digest(name))
    return rows


class Named(NamedTuple):
    """Calls that may be plain, and which of them are."""

    rows: Rows
    is_new: NDArray[np.bool_]

    def handles(self) -> tuple[NDArray[np.int64], NDArray[np.int32], list[str]]:
        """Whom the plain ones name: the place of each event, the place in GIVEN, the value."""
        rows, kinds, values = self.rows.handles
        at = np.array(rows, np.int64)
        stays = self.is_new[at]
        # The place of each row among those that are plain.
        place = np.cumsum(self.is_new) - 1
        kept = list(compress(values, stays.tolist()))
        return place[at[stays]], np.array(kinds, np.int32)[stays], kept


class Moments(NamedTuple):
    """What the tables of events and of identifiers both have, column by column."""

    occurred_at: pa.Array
    known_at: pa.Array
    machine_reason: pa.Array


def write(events: Events, rows: Rows, is_new: NDArray[np.bool_], export: Export) -> None:
    """Write plain events, whom they name and what they say of them."""
    if len(events.ids):
        when = moments(events, export)
        write_events(events, when, export)
        write_identifiers(events.ids, when, Named(rows, is_new), export)
        write_attributes(events, when, export)


def moments(events: Events, export: Export) -> Moments:
    """When events happened, and could be known; what of them machines did."""
    fallback = events.occurred_us if export.plain.is_backfill else np.int64(export.plain.landed_us)
    return Moments(
        instants(events.occurred_us),
        instants(np.where(events.is_received, events.received_us, fallback)),
        of_sender("machine_reason", events, export.book),
    )


def write_events(events: Events, when: Moments, export: Export) -> None:
    """Write the events."""
    count, book = len(events.ids), export.book
    numbers, place = np.unique(events.contents, return_inverse=True)
    contents = [book.contents[number] for number in numbers.tolist()]
    nothing = pa.nulls(count, pa.string())

    def of_content(name: str) -> pa.Array:
        return chosen(list(map(attrgetter(name), contents)), place)

    cents = [content.amount_cents for content in contents]
    export.writers["events"].add(
        {
            "event_id": events.ids,
            "content_hash": events.hashes,
            "source": constant(book.feed.name, count),
            "channel": constant(book.channel, count),
            "kind": of_content("kind"),
            "kind_raw": of_content("kind_raw"),
            "label": of_content("label"),
            "occurred_at": when.occurred_at,
            "time_precision": chosen(PRECISIONS, events.precisions),
            "time_basis": constant("explicit", count),
            "received_at": instants(events.received_us, is_null=~events.is_received),
            "known_at": when.known_at,
            "file_id": constant(export.file.file_id, count),
            "record_number": pa.array(events.numbers),
            "source_sequence": pa.array(np.zeros(count, np.int64)),
            "actor": constant("customer", count),
            "direction": constant("inbound", count),
            "is_machine": when.machine_reason.is_valid(),
            "machine_reason": when.machine_reason,
            "device_kind": of_sender("device_kind", events, book),
            "object_kind": of_content("object_kind"),
            "object_id": of_content("object_id"),
            "text": nothing,
            "sentiment": pa.nulls(count, pa.float64()),
            "sentiment_basis": constant("none", count),
            "amount_cents": pa.array(cents, pa.int64()).take(pa.array(place)),
            "currency": of_content("currency"),
            "score_kind": nothing,
            "score": pa.nulls(count, pa.float64()),
            "link": nothing,
            "properties": of_content("properties"),
        }
    )


def of_sender(name: str, events: Events, book: Book) -> pa.Array:
    """What the senders of events are in one respect."""
    return chosen(list(map(attrgetter(name), book.senders)), events.senders)


def write_identifiers(ids: pa.Array, when: Moments, named: Named, export: Export) -> None:
    """Write whom the events name."""
    rows, kinds, values = named.handles()
    at, count = pa.array(rows), len(rows)
    export.writers["identifiers"].add(
        {
            "event_id": ids.take(at),
            "source": constant(export.book.feed.name, count),
            "namespace": chosen(export.book.namespaces, kinds),
            "value": pa.array(values, pa.string()),
            "role": constant("actor", count),
            "is_authenticated": pa.array(kinds == 0),
            "is_merge": pa.array(np.zeros(count, np.bool_)),
            "is_machine": when.machine_reason.is_valid().take(at),
            "occurred_at": when.occurred_at.take(at),
            "known_at": when.known_at.take(at),
            "night": pa.array(np.full(count, export.plain.night, np.int32)),
        }
    )


def write_attributes(events: Events, when: Moments, export: Export) -> None:
    """Write what the events say of their customers."""
    contents = export.book.contents
    said = [
        (row, attribute)
        for row, number in enumerate(events.contents.tolist())
        for attribute in contents[number].attributes
    ]
    if not said:
        return
    at, count = pa.array([row for row, _ in said]), len(said)
    export.writers["attributes"].add(
        {
            "event_id": events.ids.take(at),
            "source": constant(export.book.feed.name, count),
            "attribute": pa.array([attribute.name for _, attribute in said]),
            "value": pa.array([attribute.value for _, attribute in said]),
            "occurred_at": when.occurred_at.take(at),
            "known_at": when.known_at.take(at),
            "night": pa.array(np.full(count, export.plain.night, np.int32)),
        }
    )


def count_fields(
    profile: Profile, taken: Taken, stays: Sequence[bool], contents: NDArray[np.int32], book: Book
) -> None:
    """Note the fields of the calls that were written."""
    count = len(contents)
    profile.record_count += count
    fields = profile.fields
    numbers, counts = np.unique(contents, return_counts=True)
    for number, times in zip(numbers.tolist(), counts.tolist(), strict=True):
        for field in book.contents[number].kinds:
            fields[field] += times
    for name in TYPED:
        for of, times in Counter(map(type, compress(column(taken.calls, name), stays))).items():
            if of is not UnsetType:
                fields[name, dict if of is Context else of] += times
    for place, name in taken.known.places().items():
        if name in segment.RECORD_FIELDS:
            given = [
                bytes(part)[:1] for part in compress(column(taken.calls, place), stays) if part
            ]
            for start, times in Counter(given).items():
                fields[name, kind(start)] += times
