from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.record import Event, Outcome, RawFile
from pipeline.landing.web import access_log
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
REAL = Path(__file__).parents[3] / "shared" / "data" / "web_access_apache" / "apache_logs"


def line(request: str = "GET /bills HTTP/1.1", status: int = 200, **parts: Any) -> str:
    """A combined log line, with some parts of it exchanged."""
    whole = {
        "host": "10.0.0.7",
        "user": "u1",
        "time": "05/Jan/2026:10:00:00 +0100",
        "size": "5123",
        "referrer": "-",
        "agent": AGENT,
        **parts,
    }
    return (
        f'{whole["host"]} - {whole["user"]} [{whole["time"]}] "{request}" {status} '
        f'{whole["size"]} "{whole["referrer"]}" "{whole["agent"]}"'
    )


def read(tmp_path: Path, *lines: str) -> list[Outcome]:
    """What the reader makes of some lines."""
    return outcomes_of(access_log.read, "\n".join(lines), tmp_path, feed("access_log"))


def one(tmp_path: Path, text: str) -> Event:
    """The event of one line."""
    (event,) = events(read(tmp_path, text))
    return event


def test_a_request_for_a_page_is_a_page_viewed(tmp_path: Path) -> None:
    """Who, when, what and by which device; there is no id of its own."""
    event = one(
        tmp_path, line("GET /bills?view=year HTTP/1.1", referrer="https://x.example/?q=ada")
    )

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "GET 200", "/bills")
    assert (at(event), event.own_id, event.device_kind) == ("2026-01-05 09:00:00", None, "desktop")
    assert people(event)["actor user_id"] == "u1"
    assert event.identifiers[0].is_authenticated
    assert event.properties == {"status": 200, "bytes": 5123, "referrer": "https://x.example/"}


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [
        ("GET /portal HTTP/1.1", 200, "page_viewed"),
        ("GET /portal HTTP/2.0", 304, "page_viewed"),
        ("GET /portal", 200, "page_viewed"),
        ("GET /portal HTTP/1.1", 404, "page_failed"),
        ("POST /portal HTTP/1.1", 302, "form_submitted"),
        ("POST /portal HTTP/1.1", 500, "page_failed"),
    ],
)
def test_method_and_status_name_the_kind(
    tmp_path: Path, asked: str, status: int, kind: str
) -> None:
    """What failed is told apart from what was seen."""
    assert one(tmp_path, line(asked, status)).kind == kind


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("GET /static/app.4f2a.js HTTP/1.1", "asset"),
        ("GET /Logo.PNG?v=2 HTTP/1.1", "asset"),
        ("HEAD /bills HTTP/1.1", "method"),
        ("OPTIONS * HTTP/1.1", "method"),
        ("-", "no request"),
        (r"\x16\x03\x01", "no request"),
    ],
)
def test_what_nobody_looked_at_is_ignored_by_rule(tmp_path: Path, asked: str, rule: str) -> None:
    """Parts of pages, probes and broken connections are counted under their rule."""
    assert ignored(read(tmp_path, line(asked))) == [(1, rule)]


def test_a_visitor_is_an_address_with_an_agent(tmp_path: Path) -> None:
    """The same two give the same handle; another agent behind the address is another."""
    found = events(
        read(tmp_path, line(user="-"), line(user="-"), line(user="-", agent="Other/1.0"))
    )

    handles = [people(event) for event in found]
    assert handles[0] == handles[1] != handles[2]
    assert set(handles[0]) == {"actor visitor"}


@pytest.mark.parametrize(
    ("agent", "reason"),
    [("-", "no user agent"), ("curl/8.5.0", "script"), ("Googlebot/2.1", "crawler"), (AGENT, None)],
)
def test_machines_are_marked(tmp_path: Path, agent: str, reason: str | None) -> None:
    """A browser always names itself; what does not is no person's."""
    assert one(tmp_path, line(agent=agent)).machine_reason == reason


def test_a_campaign_is_taken_from_the_query(tmp_path: Path) -> None:
    """Of a query only the utm_ parameters are kept."""
    event = one(tmp_path, line("GET /?utm_source=news&utm_medium=mail&email=ada HTTP/1.1"))

    assert event.label == "/"
    assert event.properties["campaign"] == {"source": "news", "medium": "mail"}


@pytest.mark.parametrize(
    "text",
    [
        '10.0.0.7 - u1 [05/Jan/2026:10:00:00 +0100] "GET /bills HTTP/1.1" 200 5123',
        line().replace("10.0.0.7", "www.larkspur.example:443 2001:db8::7"),
        line() + ' 0.012 "extra \\" field" -',
        line(agent=r"quo\"ted"),
        line(user="ada lovelace"),
    ],
)
def test_common_variants_are_read(tmp_path: Path, text: str) -> None:
    """Common format, a virtual host before, fields behind, quotes and spaces inside."""
    assert one(tmp_path, text).label == "/bills"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line()[:60], "not a line of a common or combined access log"),
        (line()[:-1], "not a line of a common or combined access log"),
        ("hello", "not a line of a common or combined access log"),
        (line(time="31/Feb/2026:10:00:00 +0100"), "impossible time"),
        (line(time="05/Jan/2099:10:00:00 +0100"), "time in the future"),
    ],
)
def test_a_bad_line_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """A line cut off, even in its last quote, and an impossible time are told."""
    ((number, reasons),) = refused(read(tmp_path, line(), text))

    assert number == 2
    assert reasons.startswith(reason)


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_log_is_accounted_for() -> None:
    """Ten thousand real requests: one broken line, every other one an event or a rule."""
    source = feed("access_log")

    found = list(access_log.read(RawFile(REAL, "apache_logs", "source-1"), source))

    kinds = Counter(type(outcome).__name__ for outcome in found)
    assert kinds == {"Event": 4558, "Ignored": 5441, "Refused": 1}
    assert len({outcome.record_number for outcome in found}) == 10_000
