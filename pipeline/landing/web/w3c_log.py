"""W3C extended logs (IIS, CloudFront, NetScaler and others) to page views and failures.

A line is one request; what its values mean is said by the last `#Fields:` line above it, which
may change in the middle of a file. Values are parted by tabs or spaces, some are in quotes.
Used are date and time, cs-method, cs-uri-stem and cs-uri-query or cs-uri, sc-status, c-ip,
X-Forwarded-For, cs-username, cs(User-Agent), cs(Referer), cs(Cookie), the host asked for,
sc-bytes, the request id of CloudFront and the time taken where its unit is known; all other
fields are left out. Handles: the login, trackers' cookies, the visitor (address and agent).
Clock: `date` and `time` are UTC, as the specification says, `date-local` and `time-local` lie in
the zone that wend.toml gives the source; to the second or, with a fraction, finer. CloudFront
also writes `timestamp`, Unix seconds.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Instant
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.identifiers import UNSEEN
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes
from pipeline.landing.web import requests
from pipeline.landing.web.requests import Asked, Request

DIRECTIVE = re.compile(r"\s*#\s*([\w-]*)\s*:?(.*)", re.DOTALL)
# A quote opens at the beginning of a value and closes at its end; two stand for one.
VALUE = re.compile(r'(?<!\S)"((?:[^"]|"")*)"(?!\S)|(\S+)')
# What a field is called, the better name first.
NAMES = {
    "method": ("cs-method",),
    "stem": ("cs-uri-stem", "cs-uri"),
    "query": ("cs-uri-query",),
    "status": ("sc-status",),
    "host": ("c-ip",),
    "forwarded": ("x-forwarded-for", "cs(x-forwarded-for)"),
    "user": ("cs-username",),
    "agent": ("cs(user-agent)",),
    "referrer": ("cs(referer)", "cs(referrer)"),
    "cookies": ("cs(cookie)",),
    "site": ("x-host-header", "cs-host", "cs(host)"),
    "size": ("sc-bytes",),
    "own_id": ("x-edge-request-id",),
    "date": ("date",),
    "time": ("time",),
    "local_date": ("date-local",),
    "local_time": ("time-local",),
    "unix": ("timestamp",),
}
NEEDED = ("method", "stem", "status")
STAMPS = (("date", "time"), ("local_date", "local_time"), ("unix",))


class Layout(NamedTuple):
    """What the values of a line mean.

    Attributes:
        places: What we call a field -> its place in the line.
        width: Values in a line.
        seconds: The place of the time taken and its unit in seconds; None when the unit is not
            known: the specification says seconds, IIS writes milliseconds.
        problem: Why no line under this header can be read.
    """

    places: Mapping[str, int]
    width: int
    seconds: tuple[int, float] | None
    problem: str | None


class Line(NamedTuple):
    """A line and the layout it has; no layout: it is a directive."""

    text: str
    layout: Layout | None


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a W3C extended log."""
    return requests.counted(outcomes(_laid_out(file), partial(interpret, feed, channel_of(feed))))


def _laid_out(file: RawFile) -> Iterator[Raw]:
    """The lines, each with the layout that the directives above it give."""
    layout = None
    is_iis = False
    for raw in lines(file):
        if raw.problem is not None:
            yield raw
        elif match := DIRECTIVE.fullmatch(raw.value):
            name, said = match[1].lower(), match[2]
            if name == "software":
                is_iis = "internet information" in said.lower()
            if name == "fields":
                layout = layout_of(said, is_iis=is_iis)
            yield raw._replace(value=Line(raw.text, None))
        elif layout is None:
            yield raw._replace(problem="stands before any #Fields line: nothing says what it means")
        else:
            yield raw._replace(value=Line(raw.text, layout))


def layout_of(fields: str, *, is_iis: bool) -> Layout:
    """What a `#Fields:` line says."""
    given = re.sub(f"[{UNSEEN.strip()}]", "", fields).lower().split()
    places = {
        ours: given.index(name)
        for ours, names in NAMES.items()
        for name in reversed(names)
        if name in given
    }
    used = {name for names in NAMES.values() for name in names}
    problem = None
    if twice := sorted(name for name in used if given.count(name) > 1):
        problem = f"#Fields names {', '.join(twice)} twice"
    elif gone := [NAMES[ours][0] for ours in NEEDED if ours not in places]:
        problem = f"#Fields names no {', '.join(gone)}; found {' '.join(given)[:300]}"
    elif not any(places.keys() >= set(stamp) for stamp in STAMPS):
        problem = (
            f"#Fields names no date and time, or date-local and time-local; found "
            f"{' '.join(given)[:300]}"
        )
    return Layout(places, len(given), _time_taken(given, is_iis=is_iis), problem)


def _time_taken(given: list[str], *, is_iis: bool) -> tuple[int, float] | None:
    """Where the time taken stands, and its unit in seconds, if that is known."""
    if "timetakenms" in given:
        return given.index("timetakenms"), 0.001
    if "time-taken" not in given or not (is_iis or "x-edge-location" in given):
        return None
    return given.index("time-taken"), 0.001 if is_iis else 1.0


def interpret(feed: Feed, channel: str, number: int, line: Line) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: The line does not have the fields that its header names, or a value is none.
    """
    if line.layout is None:
        return [Ignored(number, "directive")]
    if line.layout.problem is not None:
        raise BadRecord(line.layout.problem)
    values = values_of(line.text, line.layout.width)
    said = {ours: values[place] for ours, place in line.layout.places.items()}
    stem = said["stem"]
    query = said.get("query", "-")
    target = stem if query in requests.NOTHING else f"{stem}?{query}"
    method = said["method"]
    is_request = stem not in requests.NOTHING and method not in requests.NOTHING
    agent = said.get("agent")
    own_id = said.get("own_id", "-")
    taken = line.layout.seconds
    request = Request(
        occurred=instant(said, feed),
        asked=requests.asked_for(method, target)
        if is_request
        else Asked("no request", None, "", {}),
        status=requests.status(said["status"]),
        host=requests.client(said.get("host", ""), said.get("forwarded", "")),
        user=said.get("user", ""),
        agent=None if agent is None else requests.decoded(agent),
        referrer=said.get("referrer", ""),
        site=said.get("site", ""),
        own_id=None if own_id in requests.NOTHING else own_id,
        cookies=said.get("cookies", "").replace(";+", "; "),
        size=requests.number(said.get("size", "-"), "sc-bytes"),
        seconds=requests.duration(values[taken[0]], "time taken", taken[1]) if taken else None,
    )
    return [requests.outcome(request, feed, channel, number)]


def values_of(text: str, count: int) -> list[str]:
    """The values of a line.

    Raises:
        BadRecord: They are more or fewer than the header names.
    """
    if "\t" in text:
        found = [value.strip(" ") for value in text.split("\t")]
        if len(found) == count + 1 and not found[-1]:
            found.pop()
    else:
        found = [
            match[2] if match[1] is None else match[1].replace('""', '"')
            for match in VALUE.finditer(text)
        ]
        if len(found) != count:
            # IIS itself quotes nothing: a quote may be part of a value.
            found = text.split()
    if len(found) != count:
        raise BadRecord(f"{len(found)} values under a #Fields line that names {count}")
    return found


def instant(said: Mapping[str, str], feed: Feed) -> Instant:
    """When a request was answered.

    Raises:
        BadRecord: Not a date and a time, or one in no known zone.
    """
    if said.keys() >= {"date", "time"}:
        return clocks.iso(f"{said['date']}T{said['time']}Z", feed.clock)
    if said.keys() >= {"local_date", "local_time"}:
        return clocks.iso(f"{said['local_date']}T{said['local_time']}", feed.clock)
    return clocks.epoch(said["unix"], "s", feed.clock)
