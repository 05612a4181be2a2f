"""Apache and nginx access logs, common or combined, to page views and failures.

A line is one request. Requests for parts of a page (images, scripts) and requests that no person
makes (HEAD, OPTIONS) are ignored by rule; what breaks the form is refused with its text.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.agents import agent
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.formats import channel_of
from pipeline.landing.identifiers import code
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile, outcomes

TEXT = r'(?:[^"\\]|\\.)*'
# After the size either nothing, or referrer and agent, and then whatever a site adds.
LINE = re.compile(
    r"(?:(?P<site>[\w.-]+(?::\d+)?) )?"
    r"(?P<host>[0-9A-Za-z.:_-]+) \S+ (?P<user>\S+(?: \S+)*?) \[(?P<time>[^\]]+)\] "
    rf'"(?P<request>{TEXT})" (?P<status>\d{{3}}) (?P<size>\d+|-)'
    rf'(?: "(?P<referrer>{TEXT})" "(?P<agent>{TEXT})"(?: (?:"{TEXT}"|[^\s"]+))*)?\s*'
)
REQUEST = re.compile(r"([A-Z]+) (\S+)(?: HTTP/[\d.]+)?")
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
ASSET = re.compile(
    r"\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg"
    r"|wasm|webmanifest)$",
    re.IGNORECASE,
)
KINDS = {"GET": "page_viewed", "POST": "form_submitted"}
CAMPAIGN = ("source", "medium", "campaign", "term", "content")


class Place(NamedTuple):
    """Where a request went.

    Attributes:
        campaign: The utm_ parameters of its query, without the prefix.
    """

    path: str
    campaign: dict[str, str]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of an access log."""
    return outcomes(lines(file), partial(interpret, feed, channel_of(feed)))


def interpret(feed: Feed, channel: str, number: int, line: str) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Not a line of an access log.
    """
    match = LINE.fullmatch(line)
    if not match:
        raise BadRecord("not a line of a common or combined access log")
    occurred = clocks.common_log(match["time"], feed.clock)
    request = REQUEST.fullmatch(match["request"])
    if not request:
        # Port scans and broken connections: `-`, `\\x16\\x03\\x01`.
        return [Ignored(number, "no request")]
    method, target = request.groups()
    place = place_of(target)
    if ASSET.search(place.path):
        return [Ignored(number, "asset")]
    if method not in KINDS:
        return [Ignored(number, "method")]
    status = int(match["status"])
    browser = agent(match["agent"])
    is_silent = match["agent"] in {"-", ""}
    return [
        Event(
            record_number=number,
            own_id=None,
            channel=channel,
            kind="page_failed" if status >= 400 else KINDS[method],
            kind_raw=f"{method} {status}",
            occurred=occurred,
            identifiers=handles(match["host"], match["user"], match["agent"] or "", feed),
            label=place.path,
            machine_reason="no user agent" if is_silent else browser.machine_reason,
            device_kind=browser.device_kind,
            object_kind="page",
            properties=properties(match, place),
        )
    ]


@lru_cache(maxsize=50_000)
def place_of(target: str) -> Place:
    """The path and campaign of a request's target."""
    bare = ORIGIN.sub("", target, count=1) if "://" in target else target
    path, _, query = bare.partition("#")[0].partition("?")
    if "utm_" not in query:
        return Place(path or "/", {})
    given = dict(parse_qsl(query, max_num_fields=None, errors="backslashreplace"))
    named = {name: given[f"utm_{name}"] for name in CAMPAIGN if f"utm_{name}" in given}
    return Place(path or "/", named)


def handles(host: str, user: str, browser: str, feed: Feed) -> tuple[Identifier, ...]:
    """The login, and the visitor: address and browser together, which many people may share."""
    visitor = hashlib.md5(f"{host}|{browser}".encode(), usedforsecurity=False).hexdigest()[:16]
    found = [Identifier(feed.namespace("visitor"), visitor, "actor")]
    login = None if user == "-" else code(user)
    if login is not None:
        found.insert(0, Identifier(feed.namespace("user_id"), login, "actor", True))  # noqa: FBT003
    return tuple(found)


def properties(match: re.Match[str], place: Place) -> dict[str, Any]:
    """What else a line says."""
    found: dict[str, Any] = {"status": int(match["status"])}
    if match["size"] != "-":
        found["bytes"] = int(match["size"])
    if match["site"]:
        found["site"] = match["site"]
    if match["referrer"] and match["referrer"] != "-":
        found["referrer"] = re.split(r"[?#]", match["referrer"], maxsplit=1)[0]
    if place.campaign:
        found["campaign"] = place.campaign
    return found
