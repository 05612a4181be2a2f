"""Amazon S3 server access logs to page views and failures.

The fields have a fixed order (bucket owner, bucket, time, remote address, requester, request id,
operation, key, request, status, error, bytes sent, object size, total time, turn-around time,
referrer, agent, and since 2019 up to nine more). Used are bucket (the site), time, address,
request id, operation, request, status, bytes sent, total time, referrer and agent. The requester
is left out: it is the company's own account or the one that signed a link, never the customer.
Handle: the visitor (address and agent). Clock: UTC with its offset, in seconds. The own id is
the request id: S3 may deliver a line twice.

A line is one request. Operations that read nothing are ignored by the rule `method`.
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

# The agent is what the browser sent, quotes included: it ends at the last quote of the line that
# only plain words follow. The request's target is encoded.
LINE = re.compile(
    r"\S+ (?P<bucket>\S+) \[(?P<time>[^\]]+)\] (?P<host>\S+) \S+ (?P<id>\S+) "
    r'(?P<operation>\S+) \S+ (?:"(?P<request>[^"]*)"|-) (?P<status>\d{3}|-) \S+ '
    r"(?P<sent>\d{1,18}|-) \S+ (?P<total>\d{1,12}|-) \S+ "
    r'(?:"(?P<referrer>[^"]*)"|-) (?:"(?P<agent>.*)"|-)(?: [^\s"]+)*\s*',
    re.ASCII,
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of an S3 server access log."""
    return requests.counted(outcomes(lines(file), partial(interpret, feed, channel_of(feed))))


def interpret(feed: Feed, channel: str, number: int, line: str) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Not a line of an S3 server access log.
    """
    match = LINE.fullmatch(line)
    if not match:
        raise BadRecord("not a line of an S3 server access log")
    occurred = clocks.common_log(match["time"], feed.clock)
    status = requests.status(match["status"])
    asked = requests.first_line(match["request"] or "-")
    if asked.rule is None and ".GET." not in match["operation"]:
        return [Ignored(number, "method")]
    request = Request(
        occurred=occurred,
        asked=asked,
        status=status,
        host=match["host"],
        user="-",
        agent=match["agent"] or "-",
        referrer=match["referrer"] or "",
        site=match["bucket"],
        own_id=None if match["id"] == "-" else match["id"],
        size=requests.number(match["sent"], "bytes sent"),
        seconds=requests.duration(match["total"], "total time", 0.001),
    )
    return [requests.outcome(request, feed, channel, number)]
