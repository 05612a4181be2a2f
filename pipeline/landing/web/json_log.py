"""Access logs of one JSON object a line (nginx, Caddy, Traefik and kin) to page views.

nginx writes what its `log_format` names, by custom after its variables (`remote_addr`,
`time_iso8601`, `request_uri` ...); Caddy 2 an object `request` with lists of headers; Traefik
`ClientHost`, `RequestPath`, `DownstreamStatus` ...; Envoy, Cloudflare's Logpush, Google's load
balancer and the Elastic Common Schema have names of their own. A record is read by the names in
NAMES and needs a time, a status and a target or a request line; all other fields are left out.
A log that tells no method tells of pages asked for. Handles: the login, trackers' cookies, the
visitor (address and agent). Clock: ISO 8601, Apache's form, or Unix time whose unit its
magnitude shows. The own id is nginx's `request_id` or Cloudflare's ray.

A line is one request. What a server says of itself among them is ignored by the rule `notice`.
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock, Instant
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes
from pipeline.landing.web import json_log_fields, requests
from pipeline.landing.web.requests import Asked, Request

# What a field is called, in lower case, dashes as underscores, levels joined by dots; the better
# name first.
NAMES = {
    "stamp": (
        *("ts", "startutc", "time_iso8601", "msec", "time_local", "start_time"),
        *("edgestarttimestamp", "@timestamp", "timestamp", "time", "date", "datetime"),
    ),
    "line": ("request", "request_line"),
    "method": (
        *("request.method", "requestmethod", "request_method", "http.request.method", "method"),
        *("clientrequestmethod", "httprequest.requestmethod"),
    ),
    "target": (
        *("request.uri", "requestpath", "request_uri", "url.original", "clientrequesturi"),
        *("httprequest.requesturl", "uri", "url", "path", "url.path"),
    ),
    "query": ("args", "query_string", "url.query"),
    "status": (
        *("downstreamstatus", "status", "response_code", "status_code", "edgeresponsestatus"),
        *("httprequest.status", "http.response.status_code"),
    ),
    "host": (
        *("request.client_ip", "request.remote_ip", "request.remote_addr", "clienthost"),
        *("clientaddr", "client_ip", "clientip", "remote_addr", "remote_ip", "ip"),
        *("downstream_remote_address", "httprequest.remoteip", "client.ip", "source.ip"),
    ),
    "forwarded": (
        *("request.headers.x_forwarded_for", "http_x_forwarded_for", "x_forwarded_for"),
        "request_x_forwarded_for",
    ),
    "user": ("user_id", "clientusername", "remote_user", "user.name"),
    "agent": (
        *("request.headers.user_agent", "request_user_agent", "http_user_agent", "user_agent"),
        *("useragent", "clientrequestuseragent", "httprequest.useragent", "user_agent.original"),
    ),
    "referrer": (
        *("request.headers.referer", "request_referer", "http_referer", "http_referrer"),
        *("referer", "referrer", "clientrequestreferer", "httprequest.referer"),
        "http.request.referrer",
    ),
    "cookies": ("request.headers.cookie", "http_cookie"),
    "site": (
        *("request.host", "requesthost", "http_host", "host", "server_name", "authority"),
        *("clientrequesthost", "url.domain"),
    ),
    "size": (
        *("downstreamcontentsize", "size", "body_bytes_sent", "bytes_sent", "bytes", "length"),
        *("edgeresponsebytes", "httprequest.responsesize", "http.response.body.bytes"),
    ),
    "own_id": ("request_id", "rayid"),
}
LEAVES = {name for names in NAMES.values() for name in names}
# The objects that such names lead through; and one that beats puts into every record.
HOLDERS = {
    name.rsplit(".", count)[0]
    for names in NAMES.values()
    for name in names
    for count in range(1, name.count(".") + 1)
} | {"host"}
RECORD_FIELDS = json_log_fields.NAMED
VARIED_FIELDS = json_log_fields.VARIED
MESSAGES = ("msg", "message")
# Field that tells how long the answer took, the field that shows whose it is, and its unit.
DURATIONS = (
    ("request_time", "request_time", 1.0),
    ("duration", "request.method", 1.0),
    ("duration", "requestmethod", 1e-9),
    ("duration", "response_code", 1e-3),
)
SHOWN = 20
NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a JSON access log."""
    return requests.counted(outcomes(json_lines(file), partial(interpret, feed, channel_of(feed))))


def interpret(
    feed: Feed, channel: str, number: int, record: dict[str, Any]
) -> list[Event | Ignored]:
    """The one event of a request, or the rule that leaves it out.

    Raises:
        BadRecord: No request can be recognised, or a field is of the wrong kind.
    """
    found, odd = told(record)
    said: dict[str, str] = {}
    for ours, names in NAMES.items():
        name = next((name for name in names if name in found or name in odd), None)
        if name in odd:
            raise BadRecord(f"{name} is neither a text nor a number")
        if name is not None:
            said[ours] = found[name]
    if is_notice(found, said):
        return [Ignored(number, "notice")]
    missing = [name for name in ("stamp", "status") if name not in said]
    if not said.keys() & {"line", "target"}:
        missing.append("request")
    if missing:
        raise BadRecord(
            f"no {', '.join(missing)} of an access log among the fields {', '.join(found)[:300]}"
        )
    own_id = said.get("own_id", "-")
    request = Request(
        occurred=instant(said["stamp"], feed.clock),
        asked=asked(said),
        status=requests.status(said["status"]),
        host=requests.client(said.get("host", ""), said.get("forwarded", "")),
        user=said.get("user", ""),
        agent=said.get("agent", "" if "request.method" in found else None),
        referrer=said.get("referrer", ""),
        site=said.get("site", ""),
        own_id=None if own_id in requests.NOTHING else own_id,
        cookies=said.get("cookies", ""),
        size=requests.number(said.get("size", "-"), "size"),
        seconds=seconds(found, odd),
    )
    return [requests.outcome(request, feed, channel, number)]


def told(record: dict[str, Any]) -> tuple[dict[str, str], set[str]]:
    """The texts and numbers in a record by their full names; and the names of anything else.

    Of a list the first counts. An object is anything else only where no name in NAMES leads
    through it.

    Raises:
        BadRecord: A request's headers are no object.
    """
    found: dict[str, str] = {}
    odd: set[str] = set()
    objects: set[str] = set()
    levels = [("", record)]
    while levels:
        prefix, level = levels.pop()
        for key, given in level.items():
            name = f"{prefix}{key.lower().replace('-', '_')}"
            value = given[0] if isinstance(given, list) and given else given
            if isinstance(value, dict):
                if name.count(".") < 4:
                    levels.append((f"{name}.", value))
                if value and name not in HOLDERS:
                    odd.add(name)
                objects.add(name)
            elif isinstance(value, str | int | float) and not isinstance(value, bool):
                found.setdefault(name, str(value))
            elif value not in (None, []):
                odd.add(name)
    if "request.headers" in found or "request.headers" in odd:
        raise BadRecord("request.headers is no object")
    # An object in a text's place, with nothing in it that is known.
    odd |= {
        name
        for name in objects & LEAVES - {"host"}
        if not any(leaf.startswith(f"{name}.") and leaf in found for leaf in LEAVES)
    }
    return found, odd - found.keys()


def is_notice(found: dict[str, str], said: dict[str, str]) -> bool:
    """Whether a record is no request but what a server says of itself.

    Caddy tells a failed request in the log of its errors again.
    """
    if found.get("logger", "http.log.access").startswith("http.log.access"):
        is_request = said.keys() & {"line", "method", "target", "status"}
        return not is_request and any(found.get(name) for name in MESSAGES)
    return True


def asked(said: dict[str, str]) -> Asked:
    """What a request asks for, of its first line or of its parts."""
    if "target" not in said:
        return requests.first_line(said["line"])
    target, method = said["target"], said.get("method")
    if method is None and "line" in said:
        return requests.first_line(said["line"])
    if target in requests.NOTHING or method in requests.NOTHING:
        return Asked("no request", None, "", {})
    query = said.get("query", "-")
    whole = target if "?" in target or query in requests.NOTHING else f"{target}?{query}"
    return requests.asked_for(method, whole)


def seconds(found: dict[str, str], odd: set[str]) -> float | None:
    """How long the answer took, where the field's unit is known.

    Raises:
        BadRecord: Not a number.
    """
    for name, mark, unit in DURATIONS:
        if name in odd and (mark in found or mark == name):
            raise BadRecord(f"{name} is no number")
        if name in found and mark in found:
            return requests.duration(found[name], name, unit)
    return None


def instant(text: str, clock: Clock) -> Instant:
    """When a request came.

    Raises:
        BadRecord: No time in a known form, or one in no known zone.
    """
    if not NUMBER.fullmatch(text):
        form = clocks.common_log if clocks.COMMON_LOG.fullmatch(text) else clocks.iso
        return form(text, clock)
    whole = len(text.partition(".")[0])
    if whole == 19:
        # Nanoseconds: the last three digits are finer than an event's instant.
        return clocks.epoch(text[:16], "us", clock)
    # From 1973 to 5138 the number of digits tells the unit.
    return clocks.epoch(text, "s" if whole <= 11 else "ms" if whole <= 14 else "us", clock)
