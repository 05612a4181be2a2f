"""The plain path of access logs lands what the reader gives, line for line."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from pipeline.landing.containers import text_lines
from pipeline.landing.record import Outcome
from pipeline.landing.web import access_log, requests
from pipeline.settings import Source
from tests.landing import landings
from tests.landing.landings import LARKSPUR, Landed, landed
from tests.landing.test_access_log import AGENT, REAL, line

COMMON = '10.0.0.7 - u1 [05/Jan/2026:10:00:00 +0100] "GET /bills HTTP/1.1" 200 5123'
PARTS: dict[str, list[Any]] = {
    "request": [
        *("GET /bills HTTP/1.1", "GET /a.css HTTP/1.1", "HEAD / HTTP/1.1", "-", "", "get / x"),
        *("POST /form?utm_source=n%20b&utm_term=%22&x=1 HTTP/2.0", "GET http://a.example/b#c"),
        *("GET /b;jsessionid=1A?x HTTP/1.1", "GET /u/ada%40mail.example HTTP/1.1", "GET /ü"),
        *(
            "GET ? HTTP/1.1",
            "GET /q?ü HTTP/1.1",
            "GET /a\x00b HTTP/1.1",
            r"GET /\x22 HTTP/1.1",
            r"\x16\x03",
            "GET /(S(a1))/p HTTP/1.0",
        ),
    ],
    "status": [200, 304, 404, 500, 401, "000", "099", "20", "2000"],
    "host": ["10.0.0.7", "2001:db8::7", "::1", "www.a.example:80 10.0.0.7", "-", "a_b.example"],
    "user": ["-", "u1", '""', "ada lovelace", "17850.0", "5.7E+17", "ada@mail.example", "ü", "[x"],
    "time": [
        *("05/Jan/2026:10:00:00 +0100", "05/Jan/2026:23:59:59 -1130", "29/Feb/2025:10:00:00 +0000"),
        *("05/Foo/2026:10:00:00 +0100", "05/Jan/2026:24:00:00 +0100", "05/Jan/2026:10:00:60 +0000"),
        *("01/Jun/2026:00:00:00 +0000", "01/Jun/2026:00:00:01 +0000", "01/Jan/1995:00:00:00 +0100"),
        *("05/Jan/2026:10:00:00 +1500", "05/Jan/2026:10:00:00", "31/Dec/9999:23:59:59 +0000"),
    ],
    "size": ["0", "5123", "-", "007", "9" * 18, "9" * 19, "1.5"],
    "referrer": ["-", "", "https://u:p@a.example/b;sid=1?q#f", 'a"b', r"a\"b", "ü", "a b", "a\tb"],
    "agent": ["-", "", AGENT, "curl/8.5.0", "kube-probe/1.29", r"quo\"ted", "Köln/1.0", "a\x7fb"],
}
EDITS = ['"', "\\", " ", "[", "]", "-", "a", "7", "ü", "\t", "\x00", "\r", "\n", "\u00a0", "\x1c"]


def land(content: bytes, *, is_plain: bool, **more: Any) -> Landed:
    """What a log becomes, by the plain path or by the reader alone."""
    ranges, names = more.pop("machine_ranges", ()), more.pop("namespaces", {})
    company = LARKSPUR.model_copy(update={"machine_ranges": tuple(ranges)})
    source = Source(format="access_log", path="raw/*", namespaces=names)
    return landed(source, content, is_plain=is_plain, company=company, **more)


def assert_same(content: bytes, **more: Any) -> None:
    """The plain path and the reader land the same."""
    landings.assert_same(*(land(content, is_plain=is_plain, **more) for is_plain in (True, False)))


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A log line with some parts exchanged, and then perhaps some characters."""
    chosen = {name: draw(st.sampled_from(PARTS[name])) for name in draw(st.sets(NAMES, max_size=3))}
    text = draw(
        st.sampled_from(
            [
                line(**chosen),
                line(**chosen) + ' 0.012 "10.1.1.1, 10.0.0.9" -',
                COMMON,
                f"www.larkspur.example:443 {COMMON}",
                COMMON.replace("] ", "] (0 s) "),
                "",
                "  ",
            ]
        )
    )
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 3))
        text = text[:place] + draw(st.sampled_from(["", *EDITS])) + text[place + cut :]
    return text


NAMES = st.sampled_from(sorted(PARTS))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(lines(), min_size=1, max_size=40))
@example([line(), "", "  ", COMMON, "\r", ""])
@example([line(user="5.7E+17"), line("GET /a.css HTTP/1.1", user="5.7E+17")])
@example([line(status="401"), line(host="www.a.example 10.0.0.7", user="a b")])
@example([line(agent="\udcff"), "", line()])
@example(["1.2.3.4 a b " + line()[11:]])
def test_the_plain_path_lands_what_the_reader_gives(found: list[str]) -> None:
    """Any mixture of good and bad lines gives the same events, handles, refusals and rules."""
    content = "\n".join(found).encode("utf-8", "surrogateescape")
    # An empty file is refused before it is read.
    assume(content)

    assert_same(content)


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_log_lands_alike() -> None:
    """Ten thousand real requests, with the one that is broken off."""
    assert_same(REAL.read_bytes())


@pytest.mark.parametrize("name", ["log", "log.gz"])
def test_many_blocks_land_as_one_file(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Neither compression nor the size of a block shows in what is landed."""
    monkeypatch.setattr(text_lines, "BLOCK", 1500)
    many = [line(f"GET /p{number} HTTP/1.1", host=f"10.0.0.{number}") for number in range(40)]
    many += [line("GET /a.css HTTP/1.1", host=f"10.0.0.{number % 9}") for number in range(40)]
    content = "\n".join([*many[:20], "broken", "", "", *many[20:], *many[:9], "", ""]).encode()

    assert_same(gzip.compress(content) if name.endswith("gz") else content, name=name)


@pytest.mark.parametrize(
    "names", [{"user_id": "shop_login"}, {"user_id": "id", "visitor": "id"}, {"visitor": "a_name"}]
)
def test_renamed_namespaces_land_alike(names: dict[str, str]) -> None:
    """Names from wend.toml, and two namespaces that become one, are as the reader has them."""
    assert_same(line().encode(), namespaces=names)


def test_later_nights_land_alike() -> None:
    """What is no backfill was known when it was landed."""
    assert_same(line().encode(), night=2)


def test_common_lines_need_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """What web servers commonly write is landed without a call of the reader."""
    common = [
        line(),
        line("GET /logo.png HTTP/1.1", 304, user="-", size="-"),
        line(referrer="https://x.example/?q=ada"),
        line() + ' "203.0.113.7"',
        COMMON,
        f"www.larkspur.example:443 {COMMON}",
    ]

    def unasked(*_: object) -> Iterator[Outcome]:
        raise AssertionError

    monkeypatch.setattr(access_log, "interpret", unasked)
    # The fourth says what the first does, and the gate must compare the two.
    content = "\n".join([*common[:3], *common[4:]]).encode()
    assert land(content, is_plain=True).events.height == 5


def test_a_damaged_login_is_the_readers() -> None:
    """A line of the plain form whose login says nothing is refused as the reader refuses it."""
    refused = land(line(user="5.7E+17").encode(), is_plain=True).quarantine

    assert refused["reasons"].to_list() == ["not a login: '5.7E+17'"]


def test_days_that_come_again_are_told_of_as_the_reader_tells_them() -> None:
    """Of a log that goes back by days the parts of pages are told again, line by line."""
    days = [5, 6, 7, 8, 9, 5, 5, 9, 6, 5, 8, 8]
    content = "\n".join(
        line(
            "GET /a.css HTTP/1.1",
            host=f"10.0.0.{number % 2 + 1}",
            time=f"{day:02}/Jan/2026:10:00:00 +0000",
        )
        for number, day in enumerate(days)
    )

    assert_same(content.encode())
    ledger = land(content.encode(), is_plain=True).files
    assert ledger["duplicate_count"].item() + ledger["ignored_count"].item() > 0


def test_an_erased_visitor_is_the_gates() -> None:
    """Whoever was erased comes back neither by pages nor by parts of them."""
    erased = [f"visitor:{requests.visitor('10.0.0.7', AGENT)}"]
    asked = ("GET /bills HTTP/1.1", "GET /a.css HTTP/1.1")
    hosts = ("10.0.0.7", "10.0.0.8")
    content = "\n".join(line(each, host=host) for each in asked for host in hosts).encode()

    assert_same(content, erased=erased)
    values = land(content, is_plain=True, erased=erased).identifiers["value"]
    assert requests.visitor("10.0.0.7", AGENT) not in values.to_list()


def test_both_know_the_ranges_of_machines() -> None:
    """A request from a range the company named is a machine's, whatever its agent claims."""
    content = "\n".join([line(host="66.249.66.1"), line(), line(host="a.example")]).encode()

    assert_same(content, machine_ranges=["66.249.64.0/19"])
    events = land(content, is_plain=True, machine_ranges=["66.249.64.0/19"]).events
    reasons = events.sort("record_number")["machine_reason"]
    assert reasons.to_list() == ["known range", None, None]
