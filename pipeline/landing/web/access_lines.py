"""Lines of an access log as requests, by the block, where a line leaves no doubt.

What takes thought (requests, agents, referrers, logins, days) is judged by the reader's own
functions, once for each distinct text of a block.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from hashlib import md5
from typing import NamedTuple

import numpy as np
import orjson
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock
from pipeline.landing.digests import NEXT, UNIT
from pipeline.landing.record import Feed
from pipeline.landing.text import kept_label, kept_properties
from pipeline.landing.web import requests
from pipeline.landing.web.access_parts import Parts, Places
from pipeline.landing.web.coded import Coded, Mask, encoded, judged, merged, only, paired, where

# What stands before the time, with or without the virtual host.
HEAD = re.compile(
    r"(?:(?P<site>[0-9A-Za-z][0-9A-Za-z_.-]*(?::[0-9]+)?) )??"
    r"(?P<host>[0-9A-Za-z:][0-9A-Za-z.:_-]*) [!#-~]+ (?P<user>[!#-~]+) "
)
# A query that is plain and names no campaign says nothing: then many requests are one.
QUERY = r"\?[!-~]*( HTTP/[0-9.]+)?$"
# The limits are applied to the second, by the block.
UNLIMITED = Clock(None, -(2**62), 2**62)
SECOND = 1_000_000
# So many heads and visitors, of less than a kilobyte each.
REMEMBERED = 50_000


class Head(NamedTuple):
    """Who asked for something, and of which virtual host, as it stands before the time.

    Attributes:
        login: In its normal form.
        is_sure: Whether the reader need not say what becomes of the login.
    """

    site: str | None
    host: str
    login: str | None
    is_sure: bool


class Asked(NamedTuple):
    """What a request asks for.

    Attributes:
        rule: Why it is left out; None when it may be an event.
        kind: Of a request that did not fail.
        campaign: As JSON text.
        is_sure: Whether that is kept as it came.
    """

    rule: str | None
    method: str = ""
    kind: str = ""
    path: str = ""
    kept_label: str = ""
    campaign: str | None = None
    is_sure: bool = True


class Page(NamedTuple):
    """The page that led to a request, as JSON text, and whether that is kept as it came."""

    said: str | None
    is_sure: bool


class Who(NamedTuple):
    """Whom a request names, and what sent it.

    Attributes:
        visitor: The name of the address and the browser together.
        said: What an event says after its time, as sql/landing/hashed_events.sql has it.
        said_nameless: The same where the login is none: it was refused, or not asked for.
        is_browser: Whether the agent is one.
        is_sure: Whether the visitor is nobody who was erased.
    """

    visitor: str
    login: str | None
    device_kind: str | None
    machine_reason: str | None
    said: str
    said_nameless: str
    is_browser: bool
    is_sure: bool


class Judges(NamedTuple):
    """What judges heads and visitors, and remembers them: they come in block after block.

    Attributes:
        head: How a line begins; None where that is not as it should be.
        who: Whom a head and an agent name.
    """

    head: Callable[[str], Head | None]
    who: Callable[[Head | None, str | None], Who]


class Requests(NamedTuple):
    """Requests whose line has the plain form and whose time lies within the source's limits.

    Attributes:
        rows: Places of the lines in their block.
        us: When each was.
        sizes: Digits; a dash where no size is told.
    """

    rows: Places
    us: Places
    statuses: Coded[int]
    sizes: pa.Array
    heads: Coded[Head | None]
    asked: Coded[Asked]
    referrers: Coded[Page]
    agents: Coded[str | None]

    def only(self, rows: Mask) -> "Requests":
        """Some of the requests."""
        if rows.all():
            return self
        sizes = self.sizes.filter(pa.array(rows))
        heads, asked, referrers, agents = (only(column, rows) for column in self[4:])
        statuses = only(self.statuses, rows)
        return Requests(
            self.rows[rows], self.us[rows], statuses, sizes, heads, asked, referrers, agents
        )


def judges(feed: Feed, is_erased: Callable[[str], bool]) -> Judges:
    """What judges the lines of a source.

    Args:
        feed: The source.
        is_erased: Whether `namespace:value` names somebody erased: only the reader may judge that.
    """
    return Judges(
        lru_cache(REMEMBERED)(partial(_head, f"{feed.namespace('user_id')}:", is_erased)),
        lru_cache(REMEMBERED)(partial(_who, feed, is_erased)),
    )


def plain_requests(parts: Parts, clock: Clock, judging: Judges) -> Requests:
    """The requests that leave no doubt, but for what is asked of an event alone."""
    heads, asked = judged(parts.heads, judging.head), _asked(parts.requests)
    days = np.array([_day(day) for day in parts.days.values], np.int64)
    us = days[parts.days.codes] + parts.seconds * SECOND + clock.offset_us
    is_plain = parts.is_sound & (us >= clock.earliest_us) & (us <= clock.latest_us)
    is_plain &= where(heads, lambda head: head is not None)
    is_plain &= where(asked, lambda each: each.is_sure)
    referrers = merged(judged(parts.referrers, _page))
    found = Requests(
        parts.rows, us, parts.statuses, parts.sizes, heads, asked, referrers, parts.agents
    )
    return found.only(is_plain)


def are_left_out(found: Requests) -> Mask:
    """Those that a rule leaves out."""
    return where(found.asked, lambda asked: asked.rule is not None)


def are_sure(pages: Requests) -> Mask:
    """Requests for pages that need no reader.

    A damaged login is refused; what names somebody erased, or may tell who it is, is kept in
    another form than it came.
    """
    is_sure = where(pages.heads, lambda head: head is not None and head.is_sure)
    return is_sure & where(pages.referrers, lambda page: page.is_sure)


def _asked(texts: Coded[str]) -> Coded[Asked]:
    """What the requests ask for."""
    distinct = pl.Series(texts.values, dtype=pl.String)
    without = distinct.str.replace(QUERY, "?$1")
    has_campaign = distinct.str.contains("utm_", literal=True)
    told = distinct.zip_with(has_campaign, without).to_arrow(compat_level=pl.CompatLevel.oldest())
    asked = merged(judged(encoded(told), _request))
    return Coded(asked.codes[texts.codes], asked.values)


def _request(text: str) -> Asked:
    """What a request's first line asks for."""
    asked = requests.first_line(text)
    if asked.rule is not None:
        return Asked(asked.rule)
    method = asked.method or "GET"
    campaign = orjson.dumps(asked.campaign, option=orjson.OPT_SORT_KEYS).decode()
    told = campaign if asked.campaign else None
    is_sure = told is None or _is_kept(told)
    kind, kept = requests.KINDS[method], kept_label(asked.path)
    return Asked(None, method, kind, asked.path, kept, told, is_sure)


def _is_kept(said: str) -> bool:
    """Whether a part of an event's properties is kept as it came, whatever stands beside it."""
    return " " not in said and kept_properties(said) == said


def _page(referrer: str | None) -> Page:
    """The page that led here; a common log names none."""
    page = None if referrer is None else requests.page(referrer)
    if page is None:
        return Page(None, is_sure=True)
    said = orjson.dumps(page).decode()
    return Page(said, _is_kept(said))


def _head(names: str, is_erased: Callable[[str], bool], text: str) -> Head | None:
    """How a line begins; None where that is not as it should be."""
    match = HEAD.fullmatch(text)
    if not match:
        return None
    try:
        login = requests.login(match["user"])
    except BadRecord:
        # The reader will refuse the line.
        return Head(match["site"], match["host"], None, is_sure=False)
    is_sure = login is None or not is_erased(names + login)
    return Head(match["site"], match["host"], login, is_sure)


def _day(text: str) -> int:
    """When a day began, told as `05/Jan/2026 +0100`; before all time if there is none such."""
    try:
        return clocks.common_log(f"{text[:11]}:00:00:00{text[11:]}", UNLIMITED).us
    except BadRecord:
        return UNLIMITED.earliest_us


def people(found: Requests, judging: Judges) -> Coded[Who]:
    """Whom each request names."""
    return paired(found.heads, found.agents, judging.who)


def nameless(who: Coded[Who], are_nameless: Mask) -> Coded[Who]:
    """The same, without the login where that is only what somebody typed."""
    if not are_nameless.any():
        return who
    others = [each._replace(login=None, said=each.said_nameless) for each in who.values]
    return Coded(who.codes + len(others) * are_nameless, [*who.values, *others])


def _who(feed: Feed, is_erased: Callable[[str], bool], head: Head | None, agent: str | None) -> Who:
    """Whom a request names."""
    # Lines without a head are the reader's.
    assert head is not None
    # As `requests.visitor` names them.
    named = md5(f"{head.host}|{agent or ''}".encode(), usedforsecurity=False)
    visitor, browser = named.hexdigest()[:16], requests.browser_of(agent)
    spaces = feed.namespace("visitor"), feed.namespace("user_id")
    handle = f"{spaces[0]}:{visitor}"
    nameless = said = f"{UNIT}0{UNIT}{handle}"
    if head.login is not None:
        both = {f"{spaces[0]}{UNIT}": handle, f"{spaces[1]}{UNIT}": f"{spaces[1]}:{head.login}"}
        said = f"{UNIT}0{UNIT}{NEXT.join(both[space] for space in sorted(both))}"
    return Who(
        visitor,
        head.login,
        browser.device_kind,
        browser.machine_reason or requests.range_of(head.host, feed),
        said,
        nameless,
        browser.machine_reason is None,
        not is_erased(handle),
    )
