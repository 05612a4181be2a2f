"""Access logs, block by block: what `access_log.read` gives, where a line leaves no doubt.

Requests of a plain form that were not seen before are written as they stay, column by column. So
is, once a day, that a visitor's browser asked for parts of pages. Every other line goes to the
reader. Short logs, as they are rotated day by day, make a block together.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

import duckdb
import numpy as np

from pipeline.errors import SourceRefused
from pipeline.landing.containers import text_lines
from pipeline.landing.containers.steady import steady
from pipeline.landing.containers.text_lines import Block
from pipeline.landing.plain import Plain
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web import access_log, requests
from pipeline.landing.web.access_assets import Days, Found, Told, once, told_of
from pipeline.landing.web.access_lines import (
    Requests,
    Who,
    are_left_out,
    are_sure,
    judges,
    nameless,
    people,
    plain_requests,
)
from pipeline.landing.web.access_packs import Pack, lines_of, packed, records
from pipeline.landing.web.access_parts import Lines, Places, cut
from pipeline.landing.web.access_rows import Log, asset_rows, event_keys, page_rows, write
from pipeline.landing.web.coded import Coded, judged, only, where


def read_many(
    files: Sequence[RawFile], feed: Feed, plain: Plain
) -> Iterator[tuple[RawFile, Outcome | SourceRefused]]:
    """Put the plain requests where they stay; give the outcomes of all other lines.

    A file that is refused says so last: what was given and written of it is to be dropped.
    """
    with plain.shared() as writers, duckdb.connect(config={"threads": 1}) as con:
        log = Log(feed, plain, judges(feed, plain.is_erased), writers, con)
        waiting: list[tuple[RawFile, Block]] = []
        held = 0
        for file in files:
            try:
                with steady(file):
                    found = text_lines.blocks(file)
                    begun = deque(_begun(found))
                    length = sum(map(_length, begun))
                    if held + length > text_lines.BLOCK:
                        yield from _short(waiting, log)
                        waiting, held = [], 0
                    if length > text_lines.BLOCK:
                        yield from _long(file, chain(_taken(begun), found), log)
                        length = 0
            except SourceRefused as refusal:
                yield file, refusal
            else:
                waiting += [(file, block) for block in begun]
                held += length
        yield from _short(waiting, log)


def _begun(found: Iterator[Block]) -> Iterator[Block]:
    """All blocks of a short file; of a long one so many that it is seen to be one."""
    length = 0
    for block in found:
        yield block
        length += _length(block)
        if length > text_lines.BLOCK:
            return


def _taken(begun: deque[Block]) -> Iterator[Block]:
    """The blocks, each of which is held by nobody else then."""
    while begun:
        yield begun.popleft()


def _length(block: Block) -> int:
    """How much a block holds."""
    return len(block.whole) + sum(len(raw.text) for raw in block.problems)


def _short(waiting: Sequence[tuple[RawFile, Block]], log: Log) -> Iterator[tuple[RawFile, Outcome]]:
    """Take short files that were read to their ends."""
    if waiting:
        pack = packed(waiting)
        yield from _pack(pack, log, [{} for _ in pack.files])


def _long(file: RawFile, found: Iterable[Block], log: Log) -> Iterator[tuple[RawFile, Outcome]]:
    """Take a long file while it is read: what is written of it stands alone, to be dropped."""
    told: Days = {}
    with log.plain.writers(file) as writers:
        for block in found:
            yield from _pack(packed([(file, block)]), log._replace(writers=writers), [told])


def _pack(pack: Pack, log: Log, told: Sequence[Days]) -> Iterator[tuple[RawFile, Outcome]]:
    """Write the plain requests of a pack; `told` is what was told of each of its files."""
    lines, parts = cut(pack.whole)
    for file, problem in pack.problems:
        yield from ((file, each) for each in _outcomes([problem], log))
    if parts is None or log.is_readers:
        found = _read(pack, lines, np.arange(len(lines.begins)), log)
        found = [(row, requests.once(each, told[pack.places[row]])) for row, each in found]
        _remember(found, log)
        yield from _files(pack, found)
        return
    plain = plain_requests(parts, log.feed.clock, log.judging)
    is_left_out = are_left_out(plain)
    left_out, pages = plain.only(is_left_out), plain.only(~is_left_out)
    pages = pages.only(are_sure(pages))
    who = people(pages, log.judging)
    is_sure = where(who, lambda each: each.is_sure)
    pages, who = pages.only(is_sure), only(who, is_sure)
    is_doubtful = np.ones(len(lines.begins), np.bool_)
    is_doubtful[left_out.rows] = is_doubtful[pages.rows] = False
    found = _read(pack, lines, np.flatnonzero(is_doubtful), log)
    asked_by = people(left_out, log.judging)
    assets = told_of(left_out, asked_by)
    is_told, found = once(assets, left_out.rows, found, told, pack.places)
    _remember(found, log)
    yield from _files(pack, _ignored(pack, left_out.only(~is_told)))
    yield from _files(pack, found)
    # What was or may have been seen before: the gate knows what it was then.
    again = np.sort(
        np.concatenate(
            [
                _write_pages(pack, pages, who, log),
                _write_assets(
                    pack,
                    left_out.only(is_told),
                    only(assets, is_told),
                    only(asked_by, is_told),
                    log,
                ),
            ]
        )
    )
    yield from _files(pack, _read(pack, lines, again, log))


def _read(pack: Pack, lines: Lines, rows: Places, log: Log) -> list[Found]:
    """What the reader makes of lines."""
    return list(zip(rows.tolist(), _outcomes(records(pack, lines, rows), log), strict=True))


def _outcomes(raws: Iterable[Raw], log: Log) -> Iterator[Outcome]:
    """What the reader makes of each line: one outcome."""
    return outcomes(raws, partial(access_log.interpret, log.feed, channel_of(log.feed)))


def _remember(found: Sequence[Found], log: Log) -> None:
    """Let what the reader found be seen: of the same in two lines the gate takes the first."""
    events = [each for _, each in found if isinstance(each, Event)]
    log.plain.seen.are_new(event_keys(events, log.feed.name))


def _files(pack: Pack, found: Iterable[Found]) -> Iterator[tuple[RawFile, Outcome]]:
    """The outcomes, each with its file."""
    places = pack.places.tolist()
    for row, each in found:
        yield pack.files[places[row]], each


def _ignored(pack: Pack, left_out: Requests) -> Iterator[Found]:
    """What a rule leaves out."""
    rules = [asked.rule or "" for asked in left_out.asked.values]
    rows, codes = left_out.rows.tolist(), left_out.asked.codes.tolist()
    numbers = pack.numbers[left_out.rows].tolist()
    for row, number, code in zip(rows, numbers, codes, strict=True):
        yield row, Ignored(number, rules[code])


def _write_pages(pack: Pack, pages: Requests, who: Coded[Who], log: Log) -> Places:
    """Write requests for pages; the rows of those that may have been seen before."""
    # A login that was refused is only what somebody typed.
    who = nameless(who, pages.statuses.codes == 401)
    is_new = write(page_rows(pages, lines_of(pack, pages.rows), who), log)
    return pages.rows[~is_new]


def _write_assets(
    pack: Pack, assets: Requests, told: Coded[Told | None], who: Coded[Who], log: Log
) -> Places:
    """Write that browsers asked for parts of pages; the rows of what only the gate knows.

    No person does that, and no person is named by it.
    """
    is_sure = where(who, lambda each: each.is_sure)
    sure, who = assets.only(is_sure), nameless(only(who, is_sure), is_sure[is_sure])
    own_ids = judged(only(told, is_sure), lambda each: each and each.own_id)
    is_new = write(asset_rows(sure, lines_of(pack, sure.rows), who, own_ids), log)
    return np.concatenate([sure.rows[~is_new], assets.rows[~is_sure]])
