"""HAProxy HTTP logs (`option httplog`), with or without a syslog prefix, to page views.

A line: `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] front back/server 10/0/30/69/109 200 2750 - -
---- 1/1/1/1/0 0/0 {captured} {captured} "GET /index.html HTTP/1.1"`. Used are the client's
address, the time, the frontend (the site), the last of the timers, status, bytes and request;
of captured headers only an agent, which alone begins with `Mozilla/`: which header stands where
the log does not say, and cookies and addresses among them are left out. Handle: the visitor
(address and agent). Clock: when the request came, in milliseconds, in the machine's own zone,
which wend.toml must give.

A line is one request. What HAProxy says of itself is ignored by the rule `notice`; a request that
it could not read (`<BADREQ>`) by `no request`.
"""

import re
from collections.abc import Iterator
from functools import partial

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import MONTHS, Instant
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.web import requests
from pipeline.landing.web.requests import Request

LINE = re.compile(
    r"(?:[^\"{}\[]*(?:\[\d+\])?:? )?(?P<host>[0-9A-Za-z.:_-]+):\d+ "
    r"\[(?P<time>[^\]]{1,40})\] (?P<front>\S+) \S+/\S+ (?P<timers>[-+/\d]+) "
    r"(?P<status>\d{3}|-1) (?P<size>\+?\d{1,18}) \S+ \S+ [\w-]{4} [+/\d]+ [/\d]+ "
    r'(?P<captured>(?:\{[^{}]*\} ){0,2})"(?P<request>[^"]*)"?(?: .*)?\s*',
    re.ASCII,
)
STAMP = re.compile(r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d:\d\d:\d\d\.\d{3})", re.ASCII)
NOTICE = re.compile(
    r".*\bhaproxy\b.*?: (?:Proxy|Server|Backup Server|Health check|Connect from|backend|Stopping"
    r"|Pausing|New worker|Loading|Exiting|\[(?:NOTICE|WARNING|ALERT)\])\b.*",
    re.IGNORECASE,
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a HAProxy log."""
    return requests.counted(outcomes(lines(file), partial(interpret, feed, channel_of(feed))))


def interpret(feed: Feed, channel: str, number: int, line: str) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Neither a HAProxy HTTP line nor a notice.
    """
    match = LINE.fullmatch(line)
    if not match:
        # Notices are short; a longer line is not searched for one.
        if NOTICE.fullmatch(line[:1000]):
            return [Ignored(number, "notice")]
        raise BadRecord("not a line of a HAProxy HTTP log")
    captured = re.split(r"[{}|]", match["captured"])
    total = match["timers"].rpartition("/")[2].lstrip("+")
    request = Request(
        occurred=instant(match["time"], feed),
        asked=requests.first_line(match["request"]),
        status=requests.status(match["status"]),
        host=match["host"],
        user="-",
        agent=next((text for text in captured if text.startswith("Mozilla/")), None),
        # A tilde marks a frontend that spoke TLS.
        site=match["front"].rstrip("~"),
        size=requests.number(match["size"].lstrip("+"), "bytes"),
        seconds=requests.duration("-" if total == "-1" else total, "total time", 0.001),
    )
    return [requests.outcome(request, feed, channel, number)]


def instant(text: str, feed: Feed) -> Instant:
    """When a request came, of `06/Feb/2009:12:14:14.655`.

    Raises:
        BadRecord: Another form, an impossible date, or no zone is configured.
    """
    match = STAMP.fullmatch(text)
    if not match or match[2] not in MONTHS:
        raise BadRecord(f"not a HAProxy time: {text[:40]!r}")
    day, month, year, clock = match.groups()
    return clocks.iso(f"{year}-{MONTHS[month]:02}-{day}T{clock}", feed.clock)
