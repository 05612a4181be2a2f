"""Access logs, set by set: what `access_log.read` gives, in SQL where a line leaves no doubt.

A line is certain when it has the plain form: printable ASCII before the request, no backslash
and no control character in quotes. One regular expression then takes it apart in one way only,
and what takes thought (requests, agents, referrers, logins, days) is judged by the reader's own
functions, once for each distinct text. Every other line goes to the reader.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import duckdb
import orjson
import polars as pl

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock
from pipeline.landing.containers.text_lines import Block, blocks, line_record
from pipeline.landing.formats import channel_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes
from pipeline.landing.web import access_log, requests
from pipeline.resources import sql_folder

# What access_log.LINE matches, and no more than that: the same words in the same places. At no
# character may two parts of it go on, or the search takes five times as long: therefore a pattern
# of its own for lines that begin with a virtual host.
QUOTED = r'[^"\\\x00-\x1f\x7f]*'
HOST_ON = (
    r"(?<host>[0-9A-Za-z:][0-9A-Za-z.:_-]*) [!#-~]+ (?<user>[!#-~]+) "
    r"\[(?<minute>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}):"
    r"(?<second>[0-5][0-9]) (?<zone>[+-][0-9]{4})\] "
    rf'"(?<request>{QUOTED})" (?<status>[0-9]{{3}}) (?<size>0|[1-9][0-9]{{0,17}}|-)'
    rf'(?: "(?<referrer>{QUOTED})" "(?<agent>{QUOTED})"(?: (?:"{QUOTED}"|[!#-~]+))*)?[\r\n]*$'
)
PLAIN_LINE = rf"^{HOST_ON}"
# A query that is plain and names no campaign says nothing: then many requests are one.
QUERY = r"\?[!-~]*( HTTP/[0-9.]+)?$"
SITE_LINE = rf"^(?<site>[0-9A-Za-z][0-9A-Za-z_.-]*(?::[0-9]+)?) {HOST_ON}"
REQUESTS = pl.Schema(
    {
        "request": pl.String,
        "rule": pl.String,
        "method": pl.String,
        "kind": pl.String,
        "label": pl.String,
        "campaign": pl.String,
    }
)
AGENTS = pl.Schema({"agent": pl.String, "device_kind": pl.String, "machine_reason": pl.String})
REFERRERS = pl.Schema({"referrer": pl.String, "page": pl.String})
LOGINS = pl.Schema({"user": pl.String, "login": pl.String})
MINUTES = pl.Schema({"minute": pl.String, "zone": pl.String, "minute_us": pl.Int64})
ASSETS = pl.Schema({"number": pl.Int64, "own_id": pl.String, "day_us": pl.Int64})
STAGING = {
    "staged_events": ("access_events", "access_asset_events"),
    "staged_identifiers": ("access_identifiers", "access_asset_visitors"),
    "staged_ignored": ("access_left_out",),
}
# The limits are applied to the second, in SQL.
UNLIMITED = Clock(None, -(2**62), 2**62)


def stage(con: duckdb.DuckDBPyConnection, file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """Stage certain lines; give the other outcomes. An event's ordinal is its line number."""
    if feed.namespace("user_id") == feed.namespace("visitor"):
        # Two handles may be one and the same: the reader tells.
        yield from access_log.read(file, feed)
        return
    clock = feed.clock
    limits = {
        "file_id": file.file_id,
        "source": feed.name,
        "channel": channel_of(feed),
        "user_id": feed.namespace("user_id"),
        "visitor": feed.namespace("visitor"),
        "earliest_us": clock.earliest_us,
        "latest_us": clock.latest_us,
        "offset_us": clock.offset_us,
    }
    con.register("feed_limits", pl.DataFrame([limits]))
    told: dict[int, set[str]] = {}
    for block in blocks(file):
        yield from _stage_block(con, block, feed, told)


def _stage_block(
    con: duckdb.DuckDBPyConnection, block: Block, feed: Feed, told: dict[int, set[str]]
) -> Iterator[Outcome]:
    """Stage the lines of a block; `told` is what `requests.is_first` keeps."""
    read = pl.DataFrame(block.lines)
    timed = _timed(_taken_apart(read), feed)
    left_out = timed.filter(pl.col("rule").is_not_null())
    pages = _told_apart(_pages(timed.filter(pl.col("rule").is_null())), feed)
    sure = pl.concat([left_out.get_column("number"), pages.get_column("number")])
    doubtful = read.filter(~pl.col("number").is_in(sure.implode()))
    others = [line_record(number, line.rstrip("\r\n")) for number, line in doubtful.iter_rows()]
    interpret = partial(access_log.interpret, feed, channel_of(feed))
    found = list(outcomes([*block.problems, *others], interpret))
    assets = _assets(left_out, found, told)
    ignored = left_out.join(assets, on="number", how="anti").select("number", "rule")
    con.register("access_assets", assets)
    con.register("access_ignored", ignored)
    con.register("access_pages", pages)
    for table, queries in STAGING.items():
        for query in queries:
            con.execute(f"insert into {table} by name {_sql(query)}")
    yield from (requests.once(each, told) for each in found)


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
            rows.append((number, own_id, day_number * requests.DAY_US))
    return pl.DataFrame(rows, schema=ASSETS, orient="row")


def _taken_apart(read: pl.DataFrame) -> pl.DataFrame:
    """The parts of the lines that have a plain form: `number` and the groups of the pattern."""
    line = pl.col("line")
    parts = read.select("number", line.str.extract_groups(PLAIN_LINE)).unnest("line")
    rest = read.filter(parts.get_column("host").is_null())
    others = rest.select("number", line.str.extract_groups(SITE_LINE)).unnest("line")
    request = pl.col("request")
    has_campaign = request.str.contains("utm_", literal=True)
    return (
        pl.concat([parts, others], how="diagonal")
        .drop_nulls("host")
        .with_columns(
            pl.when(has_campaign).then(request).otherwise(request.str.replace(QUERY, "?$1"))
        )
    )


def _timed(parts: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """The requests that can be read and lie within the feed's limits, with what they ask for."""
    clock = feed.clock
    second = pl.col("second").cast(pl.Int64) * 1_000_000
    return (
        parts.join(_judged(parts, REQUESTS, _request), on="request")
        .join(_judged(parts, MINUTES, _minute), on=["minute", "zone"])
        .with_columns(occurred_us=pl.col("minute_us") + second + clock.offset_us)
        .filter(pl.col("occurred_us").is_between(clock.earliest_us, clock.latest_us))
        .drop("request", "minute", "second", "zone", "minute_us")
    )


def _pages(timed: pl.DataFrame) -> pl.DataFrame:
    """The requests for pages that leave no doubt, with what they say."""
    return (
        # A damaged login is in no table. A common log names neither referrer nor agent.
        timed.join(_judged(timed, LOGINS, _login), on="user")
        .join(_judged(timed, REFERRERS, _referrer), on="referrer", how="left")
        .join(_judged(timed, AGENTS, _agent), on="agent", how="left")
        .with_columns(status_code=pl.col("status").cast(pl.Int16))
        .drop("rule", "user", "referrer")
    )


def _told_apart(pages: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """The requests, those from known ranges of machines marked."""
    if not feed.company.machine_ranges:
        return pages
    hosts = pages.get_column("host").unique()
    known = pl.DataFrame(
        {"host": hosts, "known": [requests.range_of(host, feed) for host in hosts]},
        schema_overrides={"known": pl.String},
    )
    reason = pl.coalesce("machine_reason", "known")
    return pages.join(known, on="host").with_columns(machine_reason=reason).drop("known")


def _judged(
    parts: pl.DataFrame, schema: pl.Schema, judge: Callable[..., Sequence[object]]
) -> pl.DataFrame:
    """What is said by each distinct text that leaves no doubt."""
    keys = [column for column in schema.names() if column in parts.columns]
    rows = []
    for texts in parts.select(keys).unique().drop_nulls().iter_rows():
        try:
            rows.append((*texts, *judge(*texts)))
        except BadRecord:
            continue
    return pl.DataFrame(rows, schema=schema, orient="row")


def _request(text: str) -> tuple[object, ...]:
    """What a request's first line asks for; the kind is that of a request that did not fail."""
    asked = requests.first_line(text)
    if asked.rule is not None:
        return asked.rule, None, None, None, None
    campaign = orjson.dumps(asked.campaign, option=orjson.OPT_SORT_KEYS).decode()
    kind = requests.KINDS[asked.method or "GET"]
    return None, asked.method, kind, asked.path, campaign if asked.campaign else None


def _agent(text: str) -> tuple[object, ...]:
    """The device and the machine behind an agent."""
    return tuple(requests.browser_of(text))


def _referrer(text: str) -> tuple[str | None]:
    """The page that led here, as JSON text."""
    page = requests.page(text)
    return (None if page is None else orjson.dumps(page).decode(),)


def _login(text: str) -> tuple[str | None]:
    """A login's normal form.

    Raises:
        BadRecord: It has none: the reader will refuse the line.
    """
    return (requests.login(text),)


def _minute(minute: str, zone: str) -> tuple[int]:
    """When a minute began.

    Raises:
        BadRecord: There is none of this name.
    """
    return (clocks.common_log(f"{minute}:00 {zone}", UNLIMITED).us,)


def _sql(name: str) -> str:
    """The text of one landing query."""
    return (sql_folder() / "landing" / f"{name}.sql").read_text(encoding="utf-8")
