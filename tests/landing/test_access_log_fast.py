"""The fast path of access logs stages what the reader gives, line for line."""

import gzip
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.landing.containers import text_lines
from pipeline.landing.record import Feed, Outcome, RawFile
from pipeline.landing.staging import STAGED, Placed, flush
from pipeline.landing.web import access_log, access_log_fast
from tests.landing.feeds import feed
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


def staged(source: Feed, found: Iterable[Outcome] | None, file: RawFile) -> list[pl.DataFrame]:
    """What is staged: by the fast path, or from given outcomes."""
    con = duckdb.connect(config={"python_enable_replacements": False, "threads": 2})
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")
    rest = list(access_log_fast.stage(con, file, source) if found is None else found)
    placed = [Placed(file.file_id, ordinal, each) for ordinal, each in enumerate(rest, start=1)]
    flush(con, source.name, placed)
    tables = [
        "select * exclude (event_ordinal) from staged_events order by record_number",
        """
        select event.record_number, identifier.* exclude (event_ordinal)
        from staged_identifiers as identifier join staged_events as event using (event_ordinal)
        order by all
        """,
        "select * from staged_refused order by record_number",
        "select * from staged_ignored order by record_number",
    ]
    frames = [con.sql(query).pl() for query in tables]
    con.close()
    return frames


def assert_same(folder: Path, content: bytes, *, name: str = "log", source: Feed) -> None:
    """The fast path and the reader stage the same."""
    path = folder / name
    path.write_bytes(content)
    file = RawFile(path, name, "source-1")

    fast = staged(source, None, file)
    slow = staged(source, access_log.read(file, source), file)

    for one_frame, other in zip(fast, slow, strict=True):
        assert_frame_equal(one_frame, other)


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


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(lines(), min_size=1, max_size=40))
@example([line(), "", "  ", COMMON, "\r", ""])
@example([line(user="5.7E+17"), line("GET /a.css HTTP/1.1", user="5.7E+17")])
@example([line(status="401"), line(host="www.a.example 10.0.0.7", user="a b")])
@example([line(agent="\udcff"), "", line()])
@example(["1.2.3.4 a b " + line()[11:]])
def test_the_fast_path_stages_what_the_reader_gives(
    tmp_path_factory: pytest.TempPathFactory, found: list[str]
) -> None:
    """Any mixture of good and bad lines gives the same events, handles, refusals and rules."""
    content = "\n".join(found).encode("utf-8", "surrogateescape")
    # An empty file is refused before it is read.
    assume(content)

    assert_same(tmp_path_factory.mktemp("log"), content, source=feed("access_log"))


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_log_is_staged_alike(tmp_path: Path) -> None:
    """Ten thousand real requests, with the one that is broken off."""
    assert_same(tmp_path, REAL.read_bytes(), source=feed("access_log"))


@pytest.mark.parametrize("name", ["log", "log.gz"])
def test_many_blocks_are_staged_as_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Neither compression nor the size of a block shows in what is staged."""
    monkeypatch.setattr(text_lines, "BLOCK", 1500)
    many = [line(f"GET /p{number} HTTP/1.1", host=f"10.0.0.{number}") for number in range(40)]
    content = "\n".join([*many[:20], "broken", "", "", *many[20:], "", ""]).encode()

    packed = gzip.compress(content) if name.endswith("gz") else content
    assert_same(tmp_path, packed, name=name, source=feed("access_log"))


@pytest.mark.parametrize(
    "names", [{"user_id": "shop_login"}, {"user_id": "id", "visitor": "id"}, {"visitor": "user_id"}]
)
def test_renamed_namespaces_are_staged_alike(tmp_path: Path, names: dict[str, str]) -> None:
    """Names from wend.toml, and two namespaces that become one, are as the reader has them."""
    assert_same(tmp_path, line().encode(), source=feed("access_log", namespaces=names))


def test_common_lines_need_no_reader(tmp_path: Path) -> None:
    """What web servers commonly write is staged without a call of the reader."""
    path = tmp_path / "log"
    common = [
        line(),
        line("GET /logo.png HTTP/1.1", 304, user="-", size="-"),
        line(referrer="https://x.example/?q=ada"),
        line() + ' "203.0.113.7"',
        COMMON,
        f"www.larkspur.example:443 {COMMON}",
    ]
    path.write_text("\n".join(common) + "\n")
    con = duckdb.connect(config={"python_enable_replacements": False})
    for name, schema in STAGED.items():
        con.register("empty", pl.DataFrame(schema=schema))
        con.execute(f"create table {name} as from empty")

    rest = list(access_log_fast.stage(con, RawFile(path, "f", "source-1"), feed("access_log")))

    assert rest == []
    assert con.execute("select count(*) from staged_events").fetchall() == [(6,)]
    con.close()


def test_both_know_the_ranges_of_machines(tmp_path: Path) -> None:
    """A request from a range the company named is a machine's, whatever its agent claims."""
    source = feed("access_log")
    company = source.company.model_copy(update={"machine_ranges": ("66.249.64.0/19",)})
    source = replace(source, company=company)
    content = "\n".join([line(host="66.249.66.1"), line(), line(host="a.example")]).encode()

    assert_same(tmp_path, content, source=source)
    staged_events = staged(source, None, RawFile(tmp_path / "log", "log", "source-1"))[0]
    assert staged_events["machine_reason"].to_list() == ["known range", None, None]
