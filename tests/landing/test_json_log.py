"""Access logs of JSON lines: requests are recognised by the names of their fields."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.record import Event, Outcome, RawFile
from pipeline.landing.web import json_log
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

REAL = Path(__file__).parents[3] / "shared" / "data" / "web_access_formats"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
NGINX = {
    "time_iso8601": "2026-01-05T10:00:00+01:00",
    "remote_addr": "10.0.0.7",
    "remote_user": "u1",
    "request": "GET /bills?view=year&email=ada%40mail.example HTTP/1.1",
    "status": 200,
    "body_bytes_sent": "5123",
    "http_referer": "https://x.example/?q=ada",
    "http_user_agent": AGENT,
    "request_time": "0.042",
    "request_id": "8f2c",
}
CADDY = {
    "level": "info",
    "ts": 1767603600.25,
    "logger": "http.log.access",
    "msg": "handled request",
    "request": {
        "remote_ip": "10.0.0.7",
        "method": "GET",
        "host": "larkspur.example",
        "uri": "/bills?a=b",
        "headers": {"User-Agent": [AGENT], "Cookie": ["ajs_anonymous_id=%22a-1%22; b=2"]},
    },
    "user_id": "",
    "duration": 0.0425,
    "size": 5123,
    "status": 200,
}
TRAEFIK = {
    "ClientAddr": "10.0.0.7:52458",
    "ClientHost": "10.0.0.7",
    "ClientUsername": "-",
    "DownstreamStatus": "200",
    "Duration": 42_000_000,
    "RequestHost": "larkspur.example",
    "RequestMethod": "GET",
    "RequestPath": "/bills?a=b",
    "StartUTC": "2026-01-05T09:00:00.25Z",
    "request_User-Agent": AGENT,
    "time": "2026-01-05T09:02:00",
}
ENVOY = {
    "start_time": "2026-01-05T09:00:00.250Z",
    "method": "GET",
    "path": "/bills?a=b",
    "response_code": 200,
    "downstream_remote_address": "10.0.0.7:4711",
    "authority": "larkspur.example",
    "user_agent": AGENT,
    "duration": 42,
}


def read(tmp_path: Path, *records: dict[str, Any] | str) -> list[Outcome]:
    """What the reader makes of some records."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
    return outcomes_of(json_log.read, "\n".join(lines), tmp_path, feed("json_log"))


def one(tmp_path: Path, record: dict[str, Any]) -> Event:
    """The event of one record."""
    (event,) = events(read(tmp_path, record))
    return event


@pytest.mark.parametrize("record", [NGINX, CADDY, TRAEFIK, ENVOY])
def test_each_server_tells_the_same(tmp_path: Path, record: dict[str, Any]) -> None:
    """What, when, how and by which device, whatever the fields are called."""
    event = one(tmp_path, record)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "GET 200", "/bills")
    assert (at(event), event.device_kind) == ("2026-01-05 09:00:00", "desktop")
    assert event.properties["seconds"] == pytest.approx(0.042, abs=0.001)
    assert "mail.example" not in str(event.properties)


def test_the_visitor_is_the_same_in_each(tmp_path: Path) -> None:
    """Address and agent make the handle, so logs of two servers agree."""
    found = events(read(tmp_path, NGINX, CADDY, TRAEFIK, ENVOY))

    assert len({people(event)["actor visitor"] for event in found}) == 1


def test_who_it_was_is_taken_from_login_and_cookies(tmp_path: Path) -> None:
    """A user of nginx is a login, Caddy's empty one is none; a cookie is an anonymous id."""
    nginx, caddy = events(read(tmp_path, NGINX, CADDY))

    assert people(nginx)["actor user_id"] == "u1"
    assert nginx.own_id == "8f2c"
    assert people(caddy).keys() == {"actor anonymous_id", "actor visitor"}
    assert people(caddy)["actor anonymous_id"] == "a-1"


@pytest.mark.parametrize(
    ("stamp", "precision"),
    [
        (1767603600, "second"),
        ("1767603600.250", "millisecond"),
        (1767603600250, "millisecond"),
        (1767603600250000, "microsecond"),
        (1767603600250000000, "microsecond"),
        ("05/Jan/2026:10:00:00 +0100", "second"),
        ("2026-01-05T09:00:00Z", "second"),
    ],
)
def test_the_form_of_a_stamp_shows_its_unit(
    tmp_path: Path, stamp: str | int, precision: str
) -> None:
    """Seconds to nanoseconds by magnitude, Apache's form, ISO 8601."""
    event = one(tmp_path, {"time": stamp, "status": 200, "uri": "/bills", "method": "GET"})

    assert (at(event), event.occurred.precision) == ("2026-01-05 09:00:00", precision)


def test_without_a_method_a_request_is_for_a_page(tmp_path: Path) -> None:
    """Some logs leave the method out; the raw kind then says the status alone."""
    event = one(tmp_path, {"date": "2026-01-05T09:00:00Z", "path": "/bills", "status": "404"})

    assert (event.kind, event.kind_raw) == ("page_failed", "404")
    assert event.identifiers == ()


def test_the_query_of_a_field_of_its_own_holds_the_campaign(tmp_path: Path) -> None:
    """The format of nginx may write `uri` and `args` apart."""
    parts = {"time": "2026-01-05T09:00:00Z", "status": 200, "method": "GET", "uri": "/bills"}
    event = one(tmp_path, {**parts, "args": "utm_source=news&sid=7"})

    assert event.properties == {"status": 200, "campaign": {"source": "news"}}


@pytest.mark.parametrize(
    ("record", "rule"),
    [
        ({**NGINX, "request": "GET /a.css HTTP/1.1"}, "asset"),
        ({**NGINX, "request": "HEAD / HTTP/1.1"}, "method"),
        ({**NGINX, "request": ""}, "no request"),
        ({"level": "info", "ts": 1767603600.2, "msg": "server running"}, "notice"),
        ({**CADDY, "logger": "http.log.error"}, "notice"),
        ({"level": "error", "time": "2026-01-05T09:00:00Z", "message": "no upstream"}, "notice"),
    ],
)
def test_what_is_no_page_is_ignored_by_rule(
    tmp_path: Path, record: dict[str, Any], rule: str
) -> None:
    """Parts of pages and probes; what a server says of itself; a failure told a second time."""
    # The first request for an asset tells of a browser.
    assert ignored(read(tmp_path, record, record))[-1] == (2, rule)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"a": 1, "b": {"c": "x"}}, "no stamp, status, request of an access log among the fields"),
        ({"a": 1, "b": {"c": "x"}}, "no stamp, status, request of an access log"),
        ({**NGINX, "status": "OK"}, "not an HTTP status: 'OK'"),
        ({**NGINX, "time_iso8601": "2026-01-05T10:00:00"}, "time without a zone"),
        ({**NGINX, "body_bytes_sent": 1.5}, "size is no whole number: '1.5'"),
        ({**NGINX, "remote_user": "5.7E+17"}, "not a login"),
        ("{broken", "not valid JSON"),
        ("[]", "not a JSON object"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, record: dict[str, Any] | str, reason: str
) -> None:
    """The reason says what was found; the neighbours land."""
    found = read(tmp_path, NGINX, record, CADDY)

    ((number, told),) = refused(found)
    assert number == 2
    assert told.startswith(reason)
    assert len(events(found)) == 2


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("nginx_json.log", ["/piwik.php", "/piwik.php"]),
        ("caddy_json.log", ["/beta/"]),
        ("traefik_json.log", ["/my/app/auth"]),
    ],
)
def test_real_logs_are_accounted_for(name: str, labels: list[str]) -> None:
    """Every line is an event or a part of a page."""
    found = list(json_log.read(RawFile(REAL / name, name, "source-1"), feed("json_log")))

    pages = [event for event in events(found) if event.kind != "assets_requested"]
    assert [event.label for event in pages] == labels
    assert refused(found) == []
    assert {rule for _, rule in ignored(found)} <= {"asset"}
