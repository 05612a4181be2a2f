"""Lines of an access log taken apart by the block, where a line leaves no doubt.

A line is certain when it has the plain form: printable ASCII before the request, no backslash
and no control character in quotes. One regular expression then takes it apart in one way only,
and what takes thought (requests, agents, referrers, logins, days) is judged by the reader's own
functions, once for each distinct text of a block: texts become numbers, and the numbers look up
what was judged, which costs a third of a join.
"""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import md5
from typing import NamedTuple

import orjson
import polars as pl

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock
from pipeline.landing.record import Feed
from pipeline.landing.text import kept_label, kept_properties
from pipeline.landing.web import requests

# What access_log.LINE matches, and no more than that: the same words in the same places. At no
# character may two parts of it go on, or the search takes five times as long: therefore a pattern
# of its own for lines that begin with a virtual host.
QUOTED = r'[^"\\\x00-\x1f\x7f]*'
HOST_ON = (
    r"(?<host>[0-9A-Za-z:][0-9A-Za-z.:_-]*) [!#-~]+ (?<user>[!#-~]+) "
    r"\[(?<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r" [+-][0-9]{4})\] "
    rf'"(?<request>{QUOTED})" (?<answer>[0-9]{{3}} (?:0|[1-9][0-9]{{0,17}}|-))'
    rf'(?: "(?<referrer>{QUOTED})" "(?<agent>{QUOTED})"(?: (?:"{QUOTED}"|[!#-~]+))*)?[\r\n]*$'
)
PLAIN_LINE = rf"^{HOST_ON}"
SITE_LINE = rf"^(?<site>[0-9A-Za-z][0-9A-Za-z_.-]*(?::[0-9]+)?) {HOST_ON}"
# A query that is plain and names no campaign says nothing: then many requests are one.
QUERY = r"\?[!-~]*( HTTP/[0-9.]+)?$"
REQUESTS = pl.Schema(
    {
        "rule": pl.String,
        "method": pl.String,
        "kind": pl.String,
        "label": pl.String,
        "kept_label": pl.String,
        "campaign": pl.String,
        "is_request": pl.Boolean,
    }
)
AGENTS = pl.Schema({"device_kind": pl.String, "agent_reason": pl.String})
REFERRERS = pl.Schema({"page": pl.String, "is_page": pl.Boolean})
LOGINS = pl.Schema({"login": pl.String, "is_login": pl.Boolean})
DAYS = pl.Schema({"day_us": pl.Int64})
RANGES = pl.Schema({"known_range": pl.String})
VISITORS = pl.Schema({"visitor": pl.String, "is_visitor": pl.Boolean})
# The limits are applied to the second, by the block.
UNLIMITED = Clock(None, -(2**62), 2**62)
NAMELESS = (None, True)


class Lines(NamedTuple):
    """The lines of a block that leave no doubt.

    Attributes:
        pages: Requests that are events.
        left_out: Requests that a rule leaves out, with their `rule`; of those for parts of a page
            the gate is told once a day.
    """

    pages: pl.DataFrame
    left_out: pl.DataFrame


def taken_apart(read: pl.DataFrame, feed: Feed, is_erased: Callable[[str], bool]) -> Lines:
    """The certain lines among `read`: columns `number` and `line`.

    Args:
        read: Some lines.
        feed: Their source.
        is_erased: Whether `namespace:value` names somebody erased: only the reader may judge that.
    """
    timed = _timed(_parts(read), feed)
    is_page = timed.get_column("rule").is_null()
    return Lines(_pages(timed.filter(is_page), feed, is_erased), timed.filter(~is_page))


def _parts(read: pl.DataFrame) -> pl.DataFrame:
    """The parts of the lines that have a plain form: `number` and the groups of the pattern."""
    line = pl.col("line")
    parts = read.select("number", line.str.extract_groups(PLAIN_LINE)).unnest("line")
    is_plain = parts.get_column("host").is_not_null()
    if is_plain.all():
        return parts.with_columns(site=pl.lit(None, pl.String))
    rest = read.filter(~is_plain)
    others = rest.select("number", line.str.extract_groups(SITE_LINE)).unnest("line")
    return pl.concat([parts, others], how="diagonal").drop_nulls("host")


def _timed(parts: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """The requests that can be read and lie within the feed's limits, with what they ask for."""
    clock, time = feed.clock, pl.col("time").str
    said = [
        parts.drop("request"),
        _asked(parts.get_column("request")),
        _said(parts.select(time.slice(0, 11) + time.slice(20))["time"], DAYS, _day),
    ]
    hour, minute, second = (time.slice(place, 2).cast(pl.Int64) for place in (12, 15, 18))
    since_midnight = ((hour * 60 + minute) * 60 + second) * 1_000_000
    return (
        pl.concat(said, how="horizontal")
        .with_columns(occurred_us=pl.col("day_us") + since_midnight + clock.offset_us)
        .filter("is_request", pl.col("occurred_us").is_between(clock.earliest_us, clock.latest_us))
        .drop("time", "day_us", "is_request")
    )


def _asked(texts: pl.Series) -> pl.DataFrame:
    """What the requests ask for, row by row; the columns are REQUESTS."""
    codes, distinct = coded(texts)
    without = distinct.str.replace(QUERY, "?$1")
    has_campaign = distinct.str.contains("utm_", literal=True)
    asked = _said(distinct.zip_with(has_campaign, without), REQUESTS, _request)
    return asked.select(pl.all().gather(codes))


def _pages(timed: pl.DataFrame, feed: Feed, is_erased: Callable[[str], bool]) -> pl.DataFrame:
    """The requests for pages that leave no doubt, with what they say."""
    answer = pl.col("answer").str
    hosts, names = timed.get_column("host"), f"{feed.namespace('user_id')}:"
    said = [
        timed.drop("rule", "user", "referrer", "answer"),
        timed.select(status=answer.slice(0, 3), size=answer.slice(4)),
        _said(timed.get_column("user"), LOGINS, partial(_login, names, is_erased)),
        # A common log names neither referrer nor agent.
        _said(timed.get_column("referrer"), REFERRERS, _referrer, missing=NAMELESS),
        _said(timed.get_column("agent"), AGENTS, _agent),
        visitors(timed, feed, is_erased),
    ]
    if feed.company.machine_ranges:
        said.append(_said(hosts, RANGES, partial(_range, feed)))
    else:
        said.append(pl.select(known_range=pl.repeat(None, len(hosts), dtype=pl.String)))
    return (
        pl.concat(said, how="horizontal")
        # A damaged login is refused; what names somebody erased, or may tell who it is, is kept
        # in another form than it came.
        .filter("is_login", "is_page", "is_visitor")
        .with_columns(
            status_code=pl.col("status").cast(pl.Int16),
            machine_reason=pl.coalesce("agent_reason", "known_range"),
        )
        .drop("is_login", "is_page", "is_visitor", "agent_reason", "known_range", "host", "agent")
    )


def visitors(requested: pl.DataFrame, feed: Feed, is_erased: Callable[[str], bool]) -> pl.DataFrame:
    """The name of each request's address and browser together; the columns are VISITORS."""
    together = pl.concat_str("host", pl.lit("|"), pl.col("agent").fill_null(""))
    names = f"{feed.namespace('visitor')}:"
    return _said(
        requested.select(together.alias("told"))["told"],
        VISITORS,
        partial(_visitor, names, is_erased),
    )


def coded(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """For each text the place of its like among the distinct ones, and those."""
    numbered = texts.cast(pl.Categorical(pl.Categories.random()))
    distinct = numbered.unique().drop_nulls()
    # A text's number says how many others came before it.
    order = distinct.to_physical().arg_sort()
    return numbered.to_physical(), distinct.cast(pl.String).gather(order)


def _said(
    texts: pl.Series,
    schema: pl.Schema,
    judge: Callable[[str], Sequence[object]],
    *,
    missing: Sequence[object] | None = None,
) -> pl.DataFrame:
    """What each text says, row by row; nothing where it leaves a doubt.

    Where there is no text, it says what `missing` holds, or nothing.
    """
    codes, distinct = coded(texts)
    nothing = (None,) * len(schema)
    rows: list[Sequence[object]] = []
    for text in distinct:
        try:
            rows.append(judge(text))
        except BadRecord:
            rows.append(nothing)
    rows.append(nothing if missing is None else missing)
    table = pl.DataFrame(rows, schema=schema, orient="row")
    return table.select(pl.all().gather(codes.fill_null(len(distinct))))


def _request(text: str) -> tuple[object, ...]:
    """What a request's first line asks for; the kind is that of a request that did not fail."""
    asked = requests.first_line(text)
    if asked.rule is not None:
        return asked.rule, None, None, None, None, None, True
    campaign = orjson.dumps(asked.campaign, option=orjson.OPT_SORT_KEYS).decode()
    kind = requests.KINDS[asked.method or "GET"]
    told = campaign if asked.campaign else None
    kept = kept_label(asked.path)
    return None, asked.method, kind, asked.path, kept, told, told is None or _is_kept(told)


def _is_kept(said: str) -> bool:
    """Whether a part of an event's properties is kept as it came, whatever stands beside it."""
    return " " not in said and kept_properties(said) == said


def _agent(text: str) -> tuple[str | None, str | None]:
    """The device and the machine behind an agent."""
    return requests.browser_of(text)


def _referrer(text: str) -> tuple[str | None, bool]:
    """The page that led here, as JSON text, and whether it is kept as it came."""
    page = requests.page(text)
    if page is None:
        return NAMELESS
    told = orjson.dumps(page).decode()
    return told, _is_kept(told)


def _login(names: str, is_erased: Callable[[str], bool], text: str) -> tuple[str | None, bool]:
    """A login's normal form, and whether no doubt is left.

    Raises:
        BadRecord: It has none: the reader will refuse the line.
    """
    login = requests.login(text)
    return login, login is None or not is_erased(names + login)


def _visitor(names: str, is_erased: Callable[[str], bool], text: str) -> tuple[str, bool]:
    """The visitor behind `address|agent`, as `requests.visitor` names it."""
    visitor = md5(text.encode(), usedforsecurity=False).hexdigest()[:16]
    return visitor, not is_erased(names + visitor)


def _range(feed: Feed, host: str) -> tuple[str | None]:
    """Whether an address is of a range from which no person comes."""
    return (requests.range_of(host, feed),)


def _day(text: str) -> tuple[int]:
    """When a day began, told as `05/Jan/2026 +0100`.

    Raises:
        BadRecord: There is none of this name.
    """
    return (clocks.common_log(f"{text[:11]}:00:00:00{text[11:]}", UNLIMITED).us,)
