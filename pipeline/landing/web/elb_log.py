"""Access logs of AWS load balancers, classic (ELB) and application (ALB), to page views.

A classic line has 12 fields, or 15 with agent and TLS; an application balancer's begins with the
kind of connection and has at least 17 (30 in 2025). Used are the time, the client's address, the
three processing times, the balancer's status, bytes sent, request, agent and, of an application
balancer, the domain and the time at which the request came; the rest is left out. Handle: the
visitor (address and agent). Clock: ISO 8601 in UTC, in microseconds.

A line is one request. One that the client broke off has no status and lands as failed.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.web import requests
from pipeline.landing.web.requests import Asked, Request

VALUE = re.compile(r'(?<!\S)"((?:[^"\\]|\\.)*)"(?!\S)|(\S+)')
CONNECTIONS = {"http", "https", "h2", "grpcs", "ws", "wss"}
CLASSIC_COUNTS = (12, 15)
APPLICATION_COUNT = 17


class Places(NamedTuple):
    """Where the values stand; `domain` and `created` may be past the end of a line."""

    stamp: int
    client: int
    times: int
    status: int
    sent: int
    request: int
    agent: int
    domain: int
    created: int


CLASSIC = Places(0, 2, 4, 7, 10, 11, 12, 99, 99)
APPLICATION = Places(1, 3, 5, 8, 11, 12, 13, 18, 21)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a load balancer's access log."""
    return requests.counted(outcomes(lines(file), partial(interpret, feed, channel_of(feed))))


def interpret(feed: Feed, channel: str, number: int, line: str) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Not a line of a load balancer's access log.
    """
    values = [match[2] or match[1] or "" for match in VALUE.finditer(line)]
    places = APPLICATION if values and values[0] in CONNECTIONS else CLASSIC
    count = len(values)
    if count < APPLICATION_COUNT if places is APPLICATION else count not in CLASSIC_COUNTS:
        raise BadRecord(f"not a line of an ELB or ALB access log: {count} values")
    optional = dict(enumerate(values))
    created = optional.get(places.created, "-")
    request = Request(
        occurred=clocks.iso(values[places.stamp] if created == "-" else created, feed.clock),
        asked=_asked(values[places.request]),
        status=requests.status(values[places.status]),
        host=requests.client(values[places.client]),
        user="-",
        agent=optional.get(places.agent),
        site=optional.get(places.domain, ""),
        size=requests.number(values[places.sent], "sent_bytes"),
        seconds=_seconds(values[places.times : places.times + 3]),
    )
    return [requests.outcome(request, feed, channel, number)]


def _asked(line: str) -> Asked:
    """What a request's line asks for; without HTTP it is `- - - `."""
    return requests.first_line(line.strip())


def _seconds(times: list[str]) -> float | None:
    """The sum of the processing times; None when one of them never came to be (-1).

    Raises:
        BadRecord: One is no number.
    """
    found = [requests.duration(text, "processing time") for text in times if text != "-1"]
    told = [seconds for seconds in found if seconds is not None]
    return round(sum(told), 6) if len(told) == len(times) else None
