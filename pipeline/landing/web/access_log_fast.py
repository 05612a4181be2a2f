"""Access logs, block by block: what `access_log.read` gives, where a line leaves no doubt.

Requests of a plain form that were not seen before are written as they stay, column by column. So
is, once a day, that a visitor's browser asked for parts of pages. Every other line goes to the
reader.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import duckdb
import polars as pl

from pipeline.landing.containers.text_lines import Block, blocks, line_record
from pipeline.landing.formats import channel_of
from pipeline.landing.plain import Plain
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web import access_log, requests
from pipeline.landing.web.access_lines import taken_apart
from pipeline.landing.web.access_rows import ASKED, DAILY, Log, asset_rows, page_rows, write

ASSETS = pl.Schema(
    {
        "number": pl.Int64,
        "host": pl.String,
        "agent": pl.String,
        "own_id": pl.String,
        "occurred_us": pl.Int64,
    }
)


def read(file: RawFile, feed: Feed, plain: Plain) -> Iterator[Outcome]:
    """Put the plain requests where they stay; give the outcomes of all other lines."""
    if feed.namespace("user_id") == feed.namespace("visitor"):
        # Two handles may be one and the same: the reader tells.
        yield from access_log.read(file, feed)
        return
    told: dict[int, set[str]] = {}
    with plain.writers(file) as writers, duckdb.connect(config={"threads": 1}) as con:
        log = Log(file, feed, plain, writers, con)
        for block in blocks(file):
            yield from _block(block, log, told)


def _block(block: Block, log: Log, told: dict[int, set[str]]) -> Iterator[Outcome]:
    """Write the plain requests of a block; `told` is what `requests.is_first` keeps."""
    given = pl.DataFrame(block.lines)
    interpret = partial(access_log.interpret, log.feed, channel_of(log.feed))
    pages, left_out = taken_apart(given, log.feed, log.plain.is_erased)
    sure = pl.concat([left_out.get_column("number"), pages.get_column("number")])
    doubtful = _records(given.filter(~pl.col("number").is_in(sure.implode())))
    found = list(outcomes([*block.problems, *doubtful], interpret))
    assets = _assets(left_out, found, told)
    again = [*write(page_rows(pages), ASKED, log), *write(asset_rows(assets, log), DAILY, log)]
    ignored = left_out.join(assets, on="number", how="anti").select("number", "rule")
    yield from (Ignored(number, rule) for number, rule in ignored.iter_rows())
    yield from (requests.once(each, told) for each in found)
    # What was or may have been seen before: the gate knows what it was then.
    yield from outcomes(_records(given.filter(pl.col("number").is_in(again))), interpret)


def _records(lines: pl.DataFrame) -> list[Raw]:
    """Lines as the reader gets them."""
    return [line_record(number, line.rstrip("\r\n")) for number, line in lines.iter_rows()]


def _assets(
    left_out: pl.DataFrame, found: Sequence[Outcome], told: dict[int, set[str]]
) -> pl.DataFrame:
    """Each browser's first request of a day for parts of a page, unless told of before.

    Args:
        left_out: Requests that a rule certainly leaves out.
        found: What doubtful lines of the same block became; theirs may come first.
        told: What `requests.is_first` keeps.
    """
    day = pl.col("occurred_us") // requests.DAY_US
    firsts = (
        left_out.filter(rule="asset").group_by("host", "agent", day).agg(pl.col("number").min())
    )
    others = {
        each.own_id: each.record_number
        for each in reversed(found)
        if isinstance(each, Event) and each.kind == requests.ASSETS
    }
    rows = []
    for host, agent, day_number, number in firsts.sort("number").iter_rows():
        own_id = requests.asset_id(host, agent, day_number)
        if own_id is None or others.get(own_id, number) < number:
            continue
        if requests.is_first(own_id, day_number, told):
            rows.append((number, host, agent, own_id, day_number * requests.DAY_US))
    return pl.DataFrame(rows, schema=ASSETS, orient="row")
