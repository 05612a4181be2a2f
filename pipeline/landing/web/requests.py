"""Requests to a web server, however its log writes them down, to events.

All logs of web servers tell the same: who asked for what, and how it went. Here that becomes an
event or the rule that leaves it out, so that every log gives the same kinds, handles and
properties. That somebody's browser asks for images and scripts is told once a day: who never does
is no browser. Of a query string only the utm_ parameters are kept, and of an address that names a
session only the rest: both are published, and both may say who somebody is.
"""

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote

from pipeline.errors import BadRecord
from pipeline.landing.agents import Agent, agent, known_range
from pipeline.landing.clocks import Instant
from pipeline.landing.identifiers import code
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome

REQUEST = re.compile(r"([A-Z]+) (\S+)(?: HTTP/[\d.]+)?")
ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*", re.IGNORECASE)
LOGIN_IN_ADDRESS = re.compile(r"(?<=://)[^/?#]*@")
# Java puts the session behind a semicolon, ASP.NET into a part of the path of its own.
SESSION = re.compile(
    r";(?:jsessionid|phpsessid|sid|session_?id|cfid|cftoken)=[^/;]*|/\([A-Z]\([^)/]*\)\)",
    re.IGNORECASE,
)
ASSET = re.compile(
    r"\.(css|js|mjs|map|png|jpe?g|gif|svg|ico|webp|avif|bmp|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg"
    r"|wasm|webmanifest)$",
    re.IGNORECASE,
)
KINDS = {"GET": "page_viewed", "POST": "form_submitted"}
CAMPAIGN = ("source", "medium", "campaign", "term", "content")
PROBE = re.compile(r"health ?check|kube-probe|googlehc|prometheus/|nagios|zabbix", re.IGNORECASE)
NOTHING = {"", "-", '""'}
ASSETS = "assets_requested"
DAY_US = 86_400_000_000
EPOCH_DAY = date(1970, 1, 1).toordinal()
# Lines are written in the order of time, but for those that several servers write.
DAYS_KEPT = 3
# Cookies that hold a tracker's id of the browser, and the part of them that is the id.
COOKIES = (
    re.compile(r"(?:^|[;\s])ajs_anonymous_id=(?:%22|\")?([^;\s\"%]+)"),
    re.compile(r"(?:^|[;\s])_ga=GA1\.\d+\.(\d+\.\d+)"),
    re.compile(r"(?:^|[;\s])_pk_id[\w.]*=([0-9a-f]{16})"),
    re.compile(r"(?:^|[;\s])_sp_id[\w.]*=([0-9a-f-]{36})"),
)


class Asked(NamedTuple):
    """What a request asked for.

    Attributes:
        rule: Why it is left out; None when it may be an event.
        method: None where the log tells none.
        path: Without query and session.
        campaign: The utm_ parameters of its query, without the prefix.
    """

    rule: str | None
    method: str | None
    path: str
    campaign: dict[str, str]


class Request(NamedTuple):
    """One request as a log tells it; text that is empty or `-` is not told.

    Attributes:
        status: Of HTTP; 0 when the connection closed before there was one.
        host: The client's address.
        user: The login of the web server's own authentication.
        agent: The User-Agent; None where the log leaves all of them out.
        own_id: The log's own id of the request; None when there is none.
        cookies: The Cookie header.
        size: Bytes of the answer.
        seconds: How long the answer took.
    """

    occurred: Instant
    asked: Asked
    status: int
    host: str
    user: str
    agent: str | None
    referrer: str = ""
    site: str = ""
    own_id: str | None = None
    cookies: str = ""
    size: int | None = None
    seconds: float | None = None


def outcome(request: Request, feed: Feed, channel: str, number: int) -> Event | Ignored:
    """The event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: Its login has no normal form.
    """
    asked = request.asked
    if asked.rule == "asset":
        return asset(request, feed, channel, number)
    if asked.rule is not None:
        return Ignored(number, asked.rule)
    browser = browser_of(request.agent)
    is_failed = request.status >= 400 or request.status < 100
    said = f"{request.status:03}"
    return Event(
        record_number=number,
        own_id=request.own_id,
        channel=channel,
        kind="page_failed" if is_failed else KINDS[asked.method or "GET"],
        kind_raw=f"{asked.method} {said}" if asked.method else said,
        occurred=request.occurred,
        identifiers=handles(request, feed),
        label=asked.path,
        machine_reason=browser.machine_reason or range_of(request.host, feed),
        device_kind=browser.device_kind,
        object_kind="page",
        properties=properties(request),
    )


@lru_cache(maxsize=50_000)
def asset_id(host: str, agent: str | None, day: int) -> str | None:
    """The id of what a visitor's browser asked for on a day; None where no browser asked.

    It begins with the visitor's name.
    """
    if host in NOTHING or browser_of(agent).machine_reason is not None:
        return None
    return assets_of(visitor(host, agent), day)


def assets_of(name: str, day: int) -> str:
    """The id of what the browser of a visitor of this name asked for on a day."""
    return f"{name}:{_date(day)}:assets"


@lru_cache(maxsize=1_000)
def _date(day: int) -> str:
    """A day by its number since 1970, as it is written."""
    return date.fromordinal(EPOCH_DAY + day).isoformat()


def asset(request: Request, feed: Feed, channel: str, number: int) -> Event | Ignored:
    """That a visitor's browser asked for parts of pages on this day (UTC).

    No person does that, and no person is named by it.
    """
    day = request.occurred.us // DAY_US
    own_id = asset_id(request.host, request.agent, day)
    if own_id is None:
        return Ignored(number, "asset")
    return Event(
        record_number=number,
        own_id=own_id,
        channel=channel,
        kind=ASSETS,
        kind_raw="asset",
        occurred=Instant(day * DAY_US, "day", "explicit"),
        identifiers=(Identifier(feed.namespace("visitor"), own_id[:16], "actor"),),
        actor="system",
        direction="internal",
        machine_reason="asset",
    )


def is_first(own_id: str, day: int, told: dict[int, set[str]]) -> bool:
    """Whether a day's request for assets says something new; `told`, by day, then has it.

    What is forgotten and told again has the same id, and is a duplicate.
    """
    names = told.get(day)
    if names is None:
        names = told[day] = set()
        if len(told) > DAYS_KEPT:
            del told[min(told)]
    if own_id in names:
        return False
    names.add(own_id)
    return True


def once(each: Outcome, told: dict[int, set[str]]) -> Outcome:
    """The outcome itself, or what ignores a request for assets that says nothing new."""
    if not isinstance(each, Event) or each.kind != ASSETS or each.own_id is None:
        return each
    if is_first(each.own_id, each.occurred.us // DAY_US, told):
        return each
    return Ignored(each.record_number, "asset")


def counted(found: Iterable[Outcome]) -> Iterator[Outcome]:
    """The outcomes of a log, with a visitor's requests for assets told of once a day."""
    told: dict[int, set[str]] = {}
    for each in found:
        yield once(each, told)


def first_line(text: str) -> Asked:
    """What a request's first line asks for: `GET /bills HTTP/1.1`."""
    match = REQUEST.fullmatch(text)
    # Port scans and broken connections: `-`, `\\x16\\x03\\x01`.
    return asked_for(match[1], match[2]) if match else Asked("no request", None, "", {})


@lru_cache(maxsize=50_000)
def asked_for(method: str | None, target: str) -> Asked:
    """What a method and a target ask for; a log that tells no method tells of pages asked for."""
    bare = ORIGIN.sub("", target, count=1) if "://" in target else target
    path, _, query = bare.partition("#")[0].partition("?")
    path = plain(path) or "/"
    if ASSET.search(path):
        return Asked("asset", method, path, {})
    if method is not None and method not in KINDS:
        return Asked("method", method, path, {})
    return Asked(None, method, path, campaign_of(query))


def campaign_of(query: str) -> dict[str, str]:
    """The utm_ parameters of a query, without the prefix."""
    if "utm_" not in query:
        return {}
    given = dict(parse_qsl(query, max_num_fields=None, errors="backslashreplace"))
    return {name: given[f"utm_{name}"] for name in CAMPAIGN if f"utm_{name}" in given}


def plain(path: str) -> str:
    """A path without what names a session; an encoded `@` is told, for landing to redact."""
    if ";" in path or "(" in path:
        path = SESSION.sub("", path)
    return path.replace("%40", "@")


@lru_cache(maxsize=50_000)
def page(referrer: str) -> str | None:
    """The page that led here, without query, session and login; None when none is told."""
    if referrer in NOTHING:
        return None
    return plain(LOGIN_IN_ADDRESS.sub("", re.split(r"[?#]", referrer, maxsplit=1)[0]))


@lru_cache(maxsize=50_000)
def browser_of(text: str | None) -> Agent:
    """The agent behind a User-Agent; a browser always names itself."""
    if text is None:
        return agent(None)
    if text in NOTHING:
        return Agent(None, "no user agent")
    if PROBE.search(text):
        return Agent("other", "health check")
    return agent(text)


@lru_cache(maxsize=50_000)
def login(user: str) -> str | None:
    """A login's normal form; None when none is told.

    Raises:
        BadRecord: It has none, as spreadsheets leave long numbers.
    """
    if user in NOTHING:
        return None
    normal = code(user)
    if normal is None:
        raise BadRecord(f"not a login: {user[:40]!r}")
    return normal


def range_of(host: str, feed: Feed) -> str | None:
    """Why no person sits at an address: it is of a range that the company named; else None."""
    return known_range(host, feed.company.machine_ranges)


def handles(request: Request, feed: Feed) -> tuple[Identifier, ...]:
    """The login, the trackers' cookies, and the visitor.

    A visitor is address and browser together, which many people may share. A login that was
    refused (401) is only what somebody typed.
    """
    found = []
    user = login(request.user)
    if user is not None and request.status != 401:
        found.append(Identifier(feed.namespace("user_id"), user, "actor", True))  # noqa: FBT003
    if request.cookies:
        ids = [match[1] for cookie in COOKIES if (match := cookie.search(request.cookies))]
        found += [Identifier(feed.namespace("anonymous_id"), value, "actor") for value in ids]
    if request.host not in NOTHING:
        name = visitor(request.host, request.agent)
        found.append(Identifier(feed.namespace("visitor"), name, "actor"))
    return tuple(found)


@lru_cache(maxsize=50_000)
def visitor(host: str, agent: str | None) -> str:
    """The name of an address and a browser together."""
    told = f"{host}|{agent or ''}".encode()
    return hashlib.md5(told, usedforsecurity=False).hexdigest()[:16]


def properties(request: Request) -> dict[str, Any]:
    """What else a request says."""
    found: dict[str, Any] = {"status": request.status}
    if request.size is not None:
        found["bytes"] = request.size
    if request.site not in NOTHING:
        found["site"] = request.site
    referrer = page(request.referrer)
    if referrer is not None:
        found["referrer"] = referrer
    if request.asked.campaign:
        found["campaign"] = request.asked.campaign
    if request.seconds is not None:
        found["seconds"] = request.seconds
    return found


def client(address: str, forwarded: str = "") -> str:
    """The client's address without its port.

    A proxy of the company's own stands between when the address is a private one: then the
    client is the first that `forwarded`, the X-Forwarded-For header, names.
    """
    host = _without_port(address.strip())
    first = _without_port(forwarded.partition(",")[0].strip())
    return first if _is_public(first) and not _is_public(host) else host


def _without_port(address: str) -> str:
    """An address alone, of `10.0.0.7:52458` or `[2001:db8::7]:443`."""
    if address.startswith("["):
        return address[1:].partition("]")[0] or address
    host, colon, port = address.partition(":")
    return host if colon and port.isdecimal() and "." in host else address


def _is_public(address: str) -> bool:
    """Whether this is an address that the internet routes."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def number(text: str, name: str) -> int | None:
    """A whole number such as a size; None when none is told.

    Raises:
        BadRecord: Something else.
    """
    if text in NOTHING:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BadRecord(f"{name} is no whole number: {text[:40]!r}")
    return int(text)


def status(text: str) -> int:
    """An HTTP status; 0 for a connection that closed before there was one.

    Raises:
        BadRecord: Something else.
    """
    if text in {"-", "-1", "0"}:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) == 3):
        raise BadRecord(f"not an HTTP status: {text[:40]!r}")
    return int(text)


def duration(text: str, name: str, unit: float = 1.0) -> float | None:
    """Seconds that something took, told in `unit` seconds; None when not told.

    Raises:
        BadRecord: Not a number.
    """
    if text in NOTHING:
        return None
    if not re.fullmatch(r"\d{1,12}(?:\.\d{1,18})?(?:[eE]-\d\d?)?", text, re.ASCII):
        raise BadRecord(f"{name} is no duration: {text[:40]!r}")
    return round(float(text) * unit, 6)


def decoded(text: str) -> str:
    """A User-Agent as it was sent: logs that part their fields by spaces write + or %20.

    CloudFront encodes twice.
    """
    if " " in text:
        return text
    if "%20" in text or "%25" in text:
        return unquote(unquote(text))
    # Two plus signs were a space and a plus.
    return text.replace("++", " \x1f").replace("+", " ").replace("\x1f", "+")
