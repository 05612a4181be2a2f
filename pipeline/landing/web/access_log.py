"""Apache and nginx access logs, common or combined, to page views and failures.

Reads Apache's `%h %l %u %t "%r" %>s %b` and nginx's log of the same form, with or without
`"%{Referer}i" "%{User-Agent}i"`, with a virtual host before, with the seconds taken before the
request (`(0 s)`) and with whatever a site adds behind. Used are host, login, time, request,
status, size, referrer, agent and virtual host; the identd name and what is added are left out.
Handles: the login, and the visitor (address and agent). Clock: the server's, with its offset, in
whole seconds; a line is written when the request ends.

A line is one request. Requests for parts of a page (images, scripts) and requests that no person
makes (HEAD, OPTIONS) are ignored by rule; what breaks the form is refused with its text.
"""

import re
from collections.abc import Iterator
from functools import partial

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.web import requests
from pipeline.landing.web.requests import Request

TEXT = r'[^"\\]*(?:\\.[^"\\]*)*'
# After the size either nothing, or referrer and agent, and then whatever a site adds. An empty
# login is written as two quotes.
LINE = re.compile(
    r"(?:(?P<site>[\w.-]+(?::\d+)?) )?"
    r"(?P<host>[0-9A-Za-z:][0-9A-Za-z.:_-]*) [^\s\"]+ "
    r"(?P<user>\"\"|(?!- )[^\s\"]+(?: [^\s\"]+)*?|-) "
    rf'\[(?P<time>[^\]"]{{1,40}})\] (?:\(\d+ s\) )?'
    rf'"(?P<request>{TEXT})" (?P<status>\d{{3}}) (?P<size>\d{{1,18}}|-)'
    rf'(?: "(?P<referrer>{TEXT})" "(?P<agent>{TEXT})"(?: (?:"{TEXT}"|[^\s"]+))*)?\s*',
    re.ASCII,
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of an access log."""
    return requests.counted(outcomes(lines(file), partial(interpret, feed, channel_of(feed))))


def interpret(feed: Feed, channel: str, number: int, line: str) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Not a line of an access log.
    """
    match = LINE.fullmatch(line)
    if not match:
        raise BadRecord("not a line of a common or combined access log")
    request = Request(
        occurred=clocks.common_log(match["time"], feed.clock),
        asked=requests.first_line(match["request"]),
        status=int(match["status"]),
        host=match["host"],
        user=match["user"],
        agent=match["agent"],
        referrer=match["referrer"] or "",
        site=match["site"] or "",
        size=requests.number(match["size"], "size"),
    )
    return [requests.outcome(request, feed, channel, number)]
