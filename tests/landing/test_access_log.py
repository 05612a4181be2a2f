from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.record import Event, Outcome, RawFile
from pipeline.landing.web import access_log
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36"
REAL = Path(__file__).parents[3] / "shared" / "data" / "web_access_apache" / "apache_logs"
FORMATS = REAL.parents[1] / "web_access_formats"


def line(request: str = "GET /bills HTTP/1.1", status: int | str = 200, **parts: Any) -> str:
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
        ("HEAD /bills HTTP/1.1", "method"),
        ("OPTIONS * HTTP/1.1", "method"),
        ("-", "no request"),
        (r"\x16\x03\x01", "no request"),
    ],
)
def test_what_nobody_looked_at_is_ignored_by_rule(tmp_path: Path, asked: str, rule: str) -> None:
    """Probes and broken connections are counted under their rule."""
    assert ignored(read(tmp_path, line(asked))) == [(1, rule)]


def test_that_a_browser_asks_for_parts_of_pages_is_told_once_a_day(tmp_path: Path) -> None:
    """Of each visitor, and of nobody; more of the day (UTC), and what scripts ask, is ignored."""
    asset = "GET /Logo.PNG?v=2 HTTP/1.1"
    found = read(
        tmp_path,
        line("GET /static/app.4f2a.js HTTP/1.1"),
        line(asset),
        line(asset, host="10.0.0.8"),
        line(asset, time="06/Jan/2026:00:30:00 +0100"),
        line(asset, time="06/Jan/2026:01:30:00 +0100"),
        line(asset, agent="curl/8.5.0"),
    )

    marks = events(found)
    assert ignored(found) == [(2, "asset"), (4, "asset"), (6, "asset")]
    assert [mark.record_number for mark in marks] == [1, 3, 5]
    assert {mark.kind for mark in marks} == {"assets_requested"}
    assert [at(mark)[:10] for mark in marks] == ["2026-01-05", "2026-01-05", "2026-01-06"]
    assert {mark.occurred.precision for mark in marks} == {"day"}
    assert all(mark.machine_reason and set(people(mark)) == {"actor visitor"} for mark in marks)
    page = one(tmp_path, line("GET / HTTP/1.1"))
    assert people(marks[0])["actor visitor"] == people(page)["actor visitor"]
    assert len({mark.own_id for mark in marks}) == 3


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
        line(user='""'),
        line().replace("] ", "] (0 s) "),
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


@pytest.mark.parametrize(
    ("target", "label"),
    [
        ("/bills;jsessionid=1A2B?view=year", "/bills"),
        ("/(S(lit3py55))/bills.aspx", "/bills.aspx"),
        ("/stop/ada%40mail.example", "/stop/ada@mail.example"),
        ("http://larkspur.example/bills", "/bills"),
        ("/out/https://x.example/a", "/out/https://x.example/a"),
        ("?a=b", "/"),
    ],
)
def test_a_label_is_a_path_without_a_session(tmp_path: Path, target: str, label: str) -> None:
    """What names a session goes; an address is told as such, so that landing redacts it."""
    assert one(tmp_path, line(f"GET {target} HTTP/1.1")).label == label


def test_a_referrer_tells_no_login_and_no_query(tmp_path: Path) -> None:
    """Only the page that led here is kept."""
    event = one(tmp_path, line(referrer="https://ada:secret@x.example/a;sid=7?q=1#b"))

    assert event.properties["referrer"] == "https://x.example/a"


@pytest.mark.parametrize(
    ("user", "status", "namespaces"),
    [
        ("u1", 200, {"actor user_id", "actor visitor"}),
        ("u1", 401, {"actor visitor"}),
        ('""', 200, {"actor visitor"}),
        ("-", 200, {"actor visitor"}),
    ],
)
def test_a_login_that_was_refused_names_nobody(
    tmp_path: Path, user: str, status: int, namespaces: set[str]
) -> None:
    """With 401 the name is only what somebody typed."""
    assert set(people(one(tmp_path, line(user=user, status=status)))) == namespaces


def test_the_login_of_two_words_is_no_host(tmp_path: Path) -> None:
    """Without a virtual host the first word is the address, however many the login has."""
    first, second = events(read(tmp_path, line(user="ada lovelace"), line(user="-")))

    assert people(first)["actor user_id"] == "ada lovelace"
    assert people(first)["actor visitor"] == people(second)["actor visitor"]
    assert "site" not in first.properties


def test_a_probe_is_a_machine(tmp_path: Path) -> None:
    """Balancers and monitors ask for pages that nobody sees."""
    assert one(tmp_path, line(agent="kube-probe/1.29")).machine_reason == "health check"


def test_blank_lines_are_counted(tmp_path: Path) -> None:
    """Lines are numbered, so one without a word has a place in the account."""
    found = read(tmp_path, line(), "", "  ", line())

    assert ignored(found) == [(2, "blank"), (3, "blank")]
    assert [event.record_number for event in events(found)] == [1, 4]


@pytest.mark.skipif(not FORMATS.exists(), reason="the real logs are not here")
@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("common.log", ["/"]),
        ("common.log.gz", ["/form"]),
        ("common.log.bz2", ["/"]),
        ("common_complete.log", ["/"]),
        ("common_vhost.log", ["/"]),
        ("gandi.log", ["/", "/"]),
        ("ncsa_extended.log", ["/"]),
    ],
)
def test_real_variants_are_read(name: str, labels: list[str]) -> None:
    """Common, combined, with a virtual host, with the seconds taken; packed or not."""
    found = list(access_log.read(RawFile(FORMATS / name, name, "source-1"), feed("access_log")))

    assert [event.label for event in events(found)] == labels
    assert len(found) == len(labels)


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_log_is_accounted_for() -> None:
    """Ten thousand real requests: one broken line, every other one an event or a rule."""
    source = feed("access_log")

    found = list(access_log.read(RawFile(REAL, "apache_logs", "source-1"), source))

    kinds = Counter(type(outcome).__name__ for outcome in found)
    assert kinds == {"Event": 5654, "Ignored": 4345, "Refused": 1}
    assert len({outcome.record_number for outcome in found}) == 10_000
