"""Rows of a real PostgreSQL: each lands exactly once, whenever and however it was written."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from pipeline.landing import ledger
from pipeline.landing.live import database
from pipeline.settings import Settings
from tests.live.projects import counts, fetched, labels, land, land_killed, project, said
from tests.live.servers import PASSWORD, free_port

dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")

ORDERS = """
create table orders (
    number bigint generated always as identity,
    changed_at timestamptz,
    label text not null,
    email text not null default 'ada@example.org'
)
"""
COLUMNS = {
    "occurred_at": "changed_at",
    "kind": "=order_placed",
    "label": "label",
    "own_id": "number",
    "identifiers": {"email": "email"},
}


@pytest.fixture
def url(
    postgresql: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The URL of a database of this test's own, which SHOP_URL holds."""
    name = f"db_{abs(hash(request.node.name))}"
    place = f"postgresql://wend:{quote(PASSWORD, safe='')}@127.0.0.1:{postgresql}"
    tell(f"{place}/postgres", f"create database {name}")
    monkeypatch.setenv("SHOP_URL", f"{place}/{name}")
    yield f"{place}/{name}"
    tell(f"{place}/postgres", f"drop database {name} with (force)")


def tell(url: str, *statements: str) -> None:
    """Run statements, each committed at once."""
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def place(url: str, *orders: tuple[str, str | None]) -> None:
    """Insert orders: a label and when it was placed; None: no instant."""
    tell(
        url,
        *(
            f"insert into orders (label, changed_at) values ('{label}', "
            + (f"'{moment}')" if moment else "null)")
            for label, moment in orders
        ),
    )


def shop(folder: Path, **database: Any) -> Settings:
    """A project whose shop is the table of orders, or what is said of it."""
    section = {"url_env": "SHOP_URL", "cursor": "changed_at", "key": ("number",), **database}
    if "query" not in section:
        section.setdefault("table", "orders")
    return project(
        folder,
        {"format": "generic", "channel": "store", "columns": COLUMNS, "database": section},
    )


def test_new_rows_land_and_a_second_fetch_takes_nothing(url: str, tmp_path: Path) -> None:
    """Where nothing is new no file is written, so the next run has nothing to do."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"), ("b", "2026-02-02 10:00+00"))
    settings = shop(tmp_path)

    assert counts(land(settings)) == {"landed": 2, "duplicate": 0}
    again = land(settings, night=2)

    assert again.problems == ()
    assert counts(again) == {"landed": 0, "duplicate": 0}
    assert fetched(settings) == ["00000001/files/2026-03-01T020000Z.parquet"]


def test_rows_of_the_cursors_own_instant_land_exactly_once(url: str, tmp_path: Path) -> None:
    """Rows written at the instant of the newest row, before and after the fetch, lose none."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"), ("b", "2026-02-01 10:00+00"))
    settings = shop(tmp_path, overlap_hours=0)
    land(settings)
    place(url, ("c", "2026-02-01 10:00+00"), ("d", "2026-02-01 10:00:00.000001+00"))

    landing = land(settings, night=2)

    assert counts(landing) == {"landed": 2, "duplicate": 0}
    assert labels(settings) == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_a_late_row_within_the_overlap_lands(url: str, tmp_path: Path) -> None:
    """A row stamped before the cursor is found as long as the overlap reaches it."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-05 10:00+00"))
    settings = shop(tmp_path, overlap_hours=48)
    land(settings)
    place(url, ("late", "2026-02-03 10:00+00"))

    land(settings, night=2)

    assert labels(settings) == {"a": 1, "late": 1}


def test_a_longer_overlap_finds_what_a_shorter_one_missed(url: str, tmp_path: Path) -> None:
    """What came later than the overlap reaches is not gone: the overlap may be raised."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-05 10:00+00"))
    land(shop(tmp_path, overlap_hours=1))
    place(url, ("later", "2026-02-03 10:00+00"))
    land(shop(tmp_path, overlap_hours=1), night=2)
    assert labels(shop(tmp_path)) == {"a": 1}

    land(shop(tmp_path, overlap_hours=100), night=3)

    assert labels(shop(tmp_path)) == {"a": 1, "later": 1}


def test_a_row_committed_after_the_fetch_lands_with_the_next(url: str, tmp_path: Path) -> None:
    """A transaction that was open during a fetch stamps its rows before those it let pass."""
    tell(url, ORDERS)
    settings = shop(tmp_path)
    with dbapi.connect(url) as slow, slow.cursor() as cursor:
        cursor.execute(
            "insert into orders (label, changed_at) values ('slow', '2026-02-01 09:59+00')"
        )
        place(url, ("quick", "2026-02-01 10:00+00"))
        land(settings)
        slow.commit()

    land(settings, night=2)

    assert labels(settings) == {"quick": 1, "slow": 1}


def test_a_stamp_in_the_future_does_not_hide_what_comes(url: str, tmp_path: Path) -> None:
    """One clock in 2099 must not carry the cursor past all rows to come."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"), ("wrong", "2099-01-01 00:00+00"))
    settings = shop(tmp_path)
    first = land(settings)
    assert first.files["quarantined_count"].sum() == 1
    place(url, ("b", "2026-02-02 10:00+00"))

    land(settings, night=2)

    assert labels(settings) == {"a": 1, "b": 1}


def test_rows_without_a_cursor_value_are_seen_in_each_fetch(url: str, tmp_path: Path) -> None:
    """A comparison with nothing is never true: such rows are asked for by name."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"))
    settings = shop(tmp_path)
    land(settings)
    place(url, ("b", None))

    landing = land(settings, night=2)
    again = land(settings, night=3)

    assert landing.files["quarantined_count"].to_list() == [1]
    assert again.files.height == 0


def test_a_changed_row_is_fetched_again(url: str, tmp_path: Path) -> None:
    """An updated row comes with its new cursor value, and is a revision of the landed one."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"))
    settings = shop(tmp_path)
    land(settings)
    tell(url, "update orders set label = 'b', changed_at = '2026-02-03 10:00+00'")

    landing = land(settings, night=2)

    assert landing.files["revised_count"].sum() == 1


@pytest.mark.parametrize(
    ("type_name", "values", "limits"),
    [
        ("bigint", ("1", "2", "2"), {"overlap_numbers": 0}),
        ("date", ("'2026-02-01'", "'2026-02-02'", "'2026-02-02'"), {"overlap_hours": 0}),
        (
            "timestamp",
            ("'2026-02-01 10:00'", "'2026-02-02 10:00'", "'2026-02-02 10:00'"),
            {"overlap_hours": 0},
        ),
    ],
)
def test_a_cursor_may_be_a_number_a_date_or_a_local_time(
    url: str, tmp_path: Path, type_name: str, values: tuple[str, ...], limits: dict[str, Any]
) -> None:
    """Each kind of cursor goes on where it stopped, its last value included."""
    tell(url, ORDERS, f"alter table orders add seen {type_name}")
    settings = shop(tmp_path, cursor="seen", **limits)
    settings = settings.model_copy(
        update={
            "sources": {
                "shop": settings.sources["shop"].model_copy(
                    update={
                        "columns": settings.sources["shop"].columns.model_copy(
                            update={"ignore": ("seen",)}
                        )
                    }
                )
            }
        }
    )
    for night, value in enumerate(values, start=1):
        tell(
            url,
            "insert into orders (label, changed_at, seen) "
            f"values ('{night}', '2026-02-01 10:00+00', {value})",
        )
        landing = land(settings, night=night)
        assert counts(landing) == {"landed": 1, "duplicate": 0}

    assert labels(settings) == {"1": 1, "2": 1, "3": 1}


def test_a_fetch_in_parts_keeps_each_that_it_committed(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long first fetch is committed piece by piece, though all rows share one instant."""
    monkeypatch.setattr(database, "PART_ROWS", 1)
    tell(
        url,
        ORDERS,
        "insert into orders (label, changed_at) "
        "select repeat('x', 1000), '2026-02-01 10:00+00' from generate_series(1, 30000)",
    )
    settings = shop(tmp_path, overlap_hours=0)

    landing = land(settings)

    assert len(fetched(settings)) > 1
    assert counts(landing) == {"landed": 30_000, "duplicate": 0}
    assert land(settings, night=2).files.height == 0


@pytest.mark.parametrize("commit", [1, 2])
def test_a_killed_fetch_loses_and_repeats_nothing(url: str, tmp_path: Path, commit: int) -> None:
    """Killed before the fetch is committed, or between it and its landing."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"), ("b", "2026-02-02 10:00+00"))
    settings = shop(tmp_path)

    land_killed(settings, commit)
    assert labels(settings) == {}
    place(url, ("c", "2026-02-02 10:00+00"))
    landing = land(settings)

    assert landing.problems == ()
    assert labels(settings) == {"a": 1, "b": 1, "c": 1}
    assert not list((settings.lake / "fetched" / "shop").glob(".staging-*"))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_whatever_the_order_of_writing_each_row_lands_once(
    url: str, tmp_path: Path, seed: int
) -> None:
    """Rows up to a day late, many of one instant, fetched and sometimes killed in between."""
    chance = random.Random(seed)
    tell(url, ORDERS)
    settings = shop(tmp_path, overlap_hours=24)
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    written = []
    for night in range(1, 9):
        clock += timedelta(hours=chance.randrange(0, 12))
        rows = []
        for _ in range(chance.randrange(0, 6)):
            label = f"row {len(written)}"
            written.append(label)
            rows.append((label, (clock - timedelta(hours=chance.randrange(0, 24))).isoformat()))
        place(url, *rows)
        if rows and night == 4:
            land_killed(settings, chance.choice([1, 2]))
        landing = land(settings, night=night)
        assert counts(landing)["duplicate"] == 0

    assert labels(settings) == dict.fromkeys(written, 1)


def test_values_come_as_the_database_writes_them(url: str, tmp_path: Path) -> None:
    """Types that Arrow would turn into something else come as text, exact to the last digit."""
    tell(url, "create type mood as enum ('glad', 'sad')")
    query = """
        select 1 as number, 'x' as label, 'ada@example.org' as email,
               timestamptz '2026-02-01 12:00+02' as changed_at,
               12345678901234567890.10::numeric as total, 'glad'::mood as mood,
               'c3d11e1c-4a4b-4d2b-8a51-1bb1b1a7c6f0'::uuid as token, '10.0.0.1'::inet as host,
               '{"a": [1, null]}'::jsonb as said, array['p', null] as tags, '\\x00ff'::bytea as raw,
               interval '1 day 2 hours' as waited, 19.99::money as price, null::numeric as none
        -- a comment at the end;
    """
    settings = shop(tmp_path, query=query)
    columns = settings.sources["shop"].columns
    assert columns is not None
    shown = columns.model_copy(update={"properties": ("*",)})
    source = settings.sources["shop"].model_copy(update={"columns": shown})

    landing = land(settings.model_copy(update={"sources": {"shop": source}}))

    assert said(landing) == ""
    row = ledger.landed_table(settings.lake, "events").collect().row(0, named=True)
    assert row["occurred_at"] == datetime(2026, 2, 1, 10)  # noqa: DTZ001 - UTC in the lake
    assert row["properties"] == (
        '{"host":"10.0.0.1/32","mood":"glad","price":"$19.99","raw":"\\\\x00ff",'
        '"said":"{\\"a\\": [1, null]}","tags":"{p,NULL}",'
        '"token":"c3d11e1c-4a4b-4d2b-8a51-1bb1b1a7c6f0","total":"12345678901234567890.10",'
        '"waited":"1 day 02:00:00"}'
    )


def test_infinity_is_refused_and_not_turned_into_a_date(url: str, tmp_path: Path) -> None:
    """PostgreSQL's infinity has no place in a calendar; the message says what to write."""
    tell(url, ORDERS)
    place(url, ("a", "infinity"))

    landing = land(shop(tmp_path))

    assert "changed_at holds infinity" in said(landing)
    assert landing.files.height == 0


@pytest.mark.parametrize("name", ['or"ders', "orders; drop table kept; --", "Order Lines"])
def test_names_are_quoted_whatever_they_hold(url: str, tmp_path: Path, name: str) -> None:
    """A mistake in wend.toml names no table; it runs nothing."""
    as_written = name.replace('"', '""')
    tell(url, "create table kept (a int)", ORDERS, f'alter table orders rename to "{as_written}"')
    tell(url, f"insert into \"{as_written}\" (label, changed_at) values (1, '2026-02-01 10:00+00')")

    landing = land(shop(tmp_path, table=name))

    assert said(landing) == ""
    assert counts(landing) == {"landed": 1, "duplicate": 0}
    tell(url, "select * from kept")


def test_a_query_can_read_and_nothing_else(url: str, tmp_path: Path) -> None:
    """The transaction is read-only, whatever the configured query says."""
    tell(
        url,
        ORDERS,
        "create function tidy() returns int language sql as 'delete from orders; select 1'",
    )
    place(url, ("a", "2026-02-01 10:00+00"))
    query = "select *, tidy() from orders"

    landing = land(shop(tmp_path, query=query))

    assert "read-only transaction" in said(landing)
    assert counts(land(shop(tmp_path)))["landed"] == 1


def test_a_changed_password_is_said_without_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source is a problem that names no secret, and the other sources go on."""
    (tmp_path / "calls.csv").write_text(
        "number,changed_at,label,email\n1,2026-02-01T10:00:00Z,call,ada@example.org\n"
    )
    others = {
        "calls": {"format": "generic", "path": "*.csv", "channel": "phone", "columns": COLUMNS}
    }
    shopping = shop(tmp_path).sources["shop"].model_dump()
    monkeypatch.setenv("SHOP_URL", url.replace(quote(PASSWORD, safe=""), "old%20secret"))

    landing = land(project(tmp_path, shopping, **others))

    assert "password authentication failed" in said(landing)
    assert counts(landing) == {"landed": 1, "duplicate": 0}
    for secret in ("old%20secret", "old secret", "old"):
        assert secret not in said(landing)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "SHOP_URL is not set"),
        ("", "SHOP_URL is not set"),
        ("hunter2", "SHOP_URL holds no URL"),
        ("postgresql://wend:hunter2%zz@127.0.0.1/x", "SHOP_URL holds no URL"),
        ("postgresql://wend:hunter2@127.0.0.1:port/x", "SHOP_URL holds no URL"),
        ("host=127.0.0.1 password=hunter2", "SHOP_URL holds no URL"),
        ("mysql://wend:hunter2@127.0.0.1/x", "SHOP_URL holds no URL"),
        ("postgresql://wend:hunter2@127.0.0.1:{free}/x", "Connection refused"),
        ("postgresql://127.0.0.1:{free}/x?password=hunter2", "Connection refused"),
    ],
)
def test_a_url_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None, message: str
) -> None:
    """Whatever is wrong with the URL, the message names the variable and the place only."""
    monkeypatch.delenv("SHOP_URL", raising=False)
    if value is not None:
        monkeypatch.setenv("SHOP_URL", value.format(free=free_port()))

    told = said(land(shop(tmp_path)))

    assert message in told
    assert "hunter2" not in told
    assert not value or value not in told


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"table": "nothing"}, '"nothing" does not exist'),
        ({"cursor": "gone"}, "no column gone; there are number, changed_at, label, email"),
        ({"key": ("gone",)}, "no column gone"),
        ({"cursor": "label"}, "cursor label is of type text"),
        ({"query": "selec * from orders"}, "syntax error"),
        ({"query": "select 1; select 2"}, "syntax error"),
        (
            {"query": "select o.*, 1 / (i - 2) from orders o, generate_series(1, 3) i"},
            "division by zero",
        ),
    ],
)
def test_a_wrong_section_is_a_problem_of_its_source(
    url: str, tmp_path: Path, section: dict[str, Any], message: str
) -> None:
    """What the database or the configuration lacks is said, and nothing lands."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-05 10:00+00"))

    landing = land(shop(tmp_path, **section))

    assert message in said(landing)
    assert landing.files.height == 0


def test_another_question_begins_anew(url: str, tmp_path: Path) -> None:
    """A cursor belongs to what was asked: another table is fetched from its first row."""
    tell(url, ORDERS, "create table returns as select * from orders")
    place(url, ("a", "2026-02-05 10:00+00"))
    tell(url, "insert into returns values (7, '2026-01-01 10:00+00', 'old', 'bo@example.org')")
    land(shop(tmp_path))

    land(shop(tmp_path, table="public.returns"), night=2)

    assert labels(shop(tmp_path)) == {"a": 1, "old": 1}


def test_a_query_without_cursor_is_one_file_whenever_it_changed(url: str, tmp_path: Path) -> None:
    """Its name says when it was fetched, as a snapshot's must; deleted rows count as a change."""
    tell(url, ORDERS)
    place(url, ("a", "2026-02-01 10:00+00"), ("b", "2026-02-01 10:00+00"))
    settings = shop(tmp_path, cursor=None, key=("number",))

    land(settings)
    land(settings, night=2)
    assert len(fetched(settings)) == 1
    tell(url, "delete from orders where label = 'a'")
    landing = land(settings, night=3)

    assert counts(landing) == {"landed": 0, "duplicate": 1}
    assert [name.rpartition("/")[2] for name in fetched(settings)] == [
        "2026-03-01T020000Z.parquet",
        "2026-03-01T020000Z.parquet",
    ]


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://a@db.example/x", "require"),
        ("postgresql://a@db.example/x?sslmode=disable", "disable"),
        ("postgresql://a@localhost/x", None),
        ("postgresql://a@/x?host=/run/postgresql", None),
        ("postgresql:///x", None),
        ("postgresql://a@localhost/x?host=db.example", "require"),
    ],
)
def test_rows_travel_encrypted_unless_the_url_says_otherwise(url: str, mode: str | None) -> None:
    """Only this machine itself is asked in clear by default."""
    guarded = database._guarded(urlsplit(url))

    assert ("sslmode=" in guarded) == (mode is not None)
    assert mode is None or f"sslmode={mode}" in guarded
