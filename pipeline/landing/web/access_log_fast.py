"""Access logs, block by block: what `access_log.read` gives, where a line leaves no doubt.

Requests of a plain form that were not seen before are written as they stay, column by column. So
is, once a day, that a visitor's browser asked for parts of pages. Every other line goes to the
reader.
"""

from collections.abc import Iterator
from functools import partial

import duckdb
import numpy as np

from pipeline.landing.containers.text_lines import Block, blocks, text_record
from pipeline.landing.formats import channel_of
from pipeline.landing.plain import Plain
from pipeline.landing.record import Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web import access_log, requests
from pipeline.landing.web.access_assets import Told, once, told_of
from pipeline.landing.web.access_lines import (
    Judges,
    Requests,
    Who,
    are_left_out,
    are_sure,
    judges,
    nameless,
    people,
    plain_requests,
)
from pipeline.landing.web.access_parts import Lines, Places, cut
from pipeline.landing.web.access_rows import Log, asset_rows, page_rows, write
from pipeline.landing.web.coded import Coded, judged, only, where


def read(file: RawFile, feed: Feed, plain: Plain) -> Iterator[Outcome]:
    """Put the plain requests where they stay; give the outcomes of all other lines."""
    if feed.namespace("user_id") == feed.namespace("visitor"):
        # Two handles may be one and the same: the reader tells.
        yield from access_log.read(file, feed)
        return
    told: dict[int, set[str]] = {}
    with plain.writers(file) as writers, duckdb.connect(config={"threads": 1}) as con:
        log, judging = Log(file, feed, plain, writers, con), judges(feed, plain.is_erased)
        for block in blocks(file):
            yield from _block(block, log, judging, told)


def _block(block: Block, log: Log, judging: Judges, told: dict[int, set[str]]) -> Iterator[Outcome]:
    """Write the plain requests of a block; `told` is what `requests.is_first` keeps."""
    interpret = partial(access_log.interpret, log.feed, channel_of(log.feed))
    lines, parts = cut(block.whole)
    if parts is None:
        everything = _records(block, lines, np.arange(len(lines.begins)))
        read = outcomes([*block.problems, *everything], interpret)
        yield from (requests.once(each, told) for each in read)
        return
    plain = plain_requests(parts, log.feed.clock, judging)
    is_left_out = are_left_out(plain)
    left_out, pages = plain.only(is_left_out), plain.only(~is_left_out)
    pages = pages.only(are_sure(pages))
    who = people(pages, judging)
    is_sure = where(who, lambda each: each.is_sure)
    pages, who = pages.only(is_sure), only(who, is_sure)
    is_doubtful = np.ones(len(lines.begins), np.bool_)
    is_doubtful[left_out.rows] = is_doubtful[pages.rows] = False
    doubtful = _records(block, lines, np.flatnonzero(is_doubtful))
    found = list(outcomes([*block.problems, *doubtful], interpret))
    asked_by = people(left_out, judging)
    assets = told_of(left_out, asked_by)
    is_told, found = once(assets, block.numbers[left_out.rows], found, told)
    yield from _ignored(block, left_out.only(~is_told))
    yield from found
    # What was or may have been seen before: the gate knows what it was then.
    again = np.sort(
        np.concatenate(
            [
                _write_pages(block, pages, who, log),
                _write_assets(
                    block,
                    left_out.only(is_told),
                    only(assets, is_told),
                    only(asked_by, is_told),
                    log,
                ),
            ]
        )
    )
    yield from outcomes(_records(block, lines, again), interpret)


def _records(block: Block, lines: Lines, rows: Places) -> list[Raw]:
    """Lines as the reader gets them."""
    numbers, begins, ends = (each[rows].tolist() for each in (block.numbers, *lines))
    return [
        text_record(number, block.whole[begin:end], end - begin)
        for number, begin, end in zip(numbers, begins, ends, strict=True)
    ]


def _ignored(block: Block, left_out: Requests) -> Iterator[Ignored]:
    """What a rule leaves out."""
    rules = [asked.rule or "" for asked in left_out.asked.values]
    numbers, codes = block.numbers[left_out.rows].tolist(), left_out.asked.codes.tolist()
    for number, code in zip(numbers, codes, strict=True):
        yield Ignored(number, rules[code])


def _write_pages(block: Block, pages: Requests, who: Coded[Who], log: Log) -> Places:
    """Write requests for pages; the rows of those that may have been seen before."""
    # A login that was refused is only what somebody typed.
    who = nameless(who, pages.statuses.codes == 401)
    is_new = write(page_rows(pages, block.numbers[pages.rows], who), log)
    return pages.rows[~is_new]


def _write_assets(
    block: Block, assets: Requests, told: Coded[Told | None], who: Coded[Who], log: Log
) -> Places:
    """Write that browsers asked for parts of pages; the rows of what only the gate knows.

    No person does that, and no person is named by it.
    """
    is_sure = where(who, lambda each: each.is_sure)
    sure, who = assets.only(is_sure), nameless(only(who, is_sure), is_sure[is_sure])
    own_ids = judged(only(told, is_sure), lambda each: each and each.own_id)
    is_new = write(asset_rows(sure, block.numbers[sure.rows], who, own_ids), log)
    return np.concatenate([sure.rows[~is_new], assets.rows[~is_sure]])
