from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import polars as pl
import pytest

from pipeline import steps
from pipeline.build import BUILD
from pipeline.identity import as_of
from pipeline.job import begin, plan
from pipeline.settings import Settings, load
from tests.identity.projects import Record, configure, deliver, project

Wend = Callable[..., CompletedProcess[str]]
NOW = datetime(2026, 4, 1, tzinfo=UTC)
DAY = 24
LONG_GAPS = """
[journeys]
session_gap_minutes = { web = 120 }
[identity]
device_backfill_minutes = 120
"""


def day(number: int) -> datetime:
    """The start of a day of 2026, counted from 1."""
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number - 1)


def seen(number: int, own_id: int, **handles: str) -> Record:
    """A web record at noon of a day of 2026."""
    named = tuple(handles.get(name) for name in ("user", "email", "cookie", "phone"))
    return Record("web", own_id, (number - 1) * DAY + 12, named)


# Ada is at the shop's web page on day 5 and logs in on day 40; bob and his second account send
# one e-mail address on day 50 only; cleo and dora share a phone number until someone decides on
# day 32 (2026-02-01) that they are two.
TIMELINE = (
    seen(5, 1, cookie="laptop"),
    seen(10, 2, user="ada", email="ada@example.org"),
    seen(40, 3, user="ada", cookie="laptop"),
    seen(41, 4, cookie="laptop"),
    seen(8, 5, email="bob@example.org", phone="+442071838750"),
    seen(9, 6, cookie="bobs"),
    seen(50, 7, email="bob@example.org", cookie="bobs"),
    seen(12, 8, email="cleo@example.org", phone="+442071838751"),
    seen(13, 9, email="dora@example.org", phone="+442071838751"),
)


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The timeline as a project whose records have landed, stitched and ordered."""
    folder = project(tmp_path_factory.mktemp("as_of") / "company")
    (folder / "identity_links.csv").write_text(
        "rule,left,right,decided_by,decided_on,why\n"
        "veto,email:cleo@example.org,email:dora@example.org,Grace,2026-02-01,they called\n"
    )
    deliver(folder, "all", TIMELINE)
    ordered(folder)
    return folder


def ordered(folder: Path) -> Settings:
    """The project's settings, once its records have landed, stitched and ordered."""
    settings = load(folder)
    steps.land(settings, now=NOW)
    job = plan(settings, None, NOW)
    begin(settings, job)
    for name in ("stitch", "attribute", "order"):
        steps.perform(settings, job, name)
    return settings


def customers(folder: Path) -> set[frozenset[str]]:
    """The customers of identity tables, each as the set of its identifiers."""
    rows = pl.read_parquet(folder / "identifiers.parquet").drop_nulls("customer_id")
    grouped = rows.group_by("customer_id").agg("identifier")["identifier"]
    return {frozenset(one) for one in grouped}


def test_before_a_late_login_cookie_and_account_are_two_customers(
    landed: Path, tmp_path: Path
) -> None:
    """On day 40 nobody knows yet whose the laptop is; on day 41 it is ada's."""
    settings = load(landed)
    as_of.write(settings, day(40), tmp_path / "before")
    as_of.write(settings, day(41), tmp_path / "after")

    ada = {"user_id:ada", "email:ada@example.org"}
    assert {frozenset(ada), frozenset({"anonymous_id:laptop"})} <= customers(tmp_path / "before")
    assert frozenset({*ada, "anonymous_id:laptop"}) in customers(tmp_path / "after")


def test_what_people_decided_later_does_not_count_yet(landed: Path, tmp_path: Path) -> None:
    """Cleo and dora are one customer until the day on which a veto was decided."""
    settings = load(landed)
    as_of.write(settings, day(31), tmp_path / "before")
    as_of.write(settings, day(32), tmp_path / "after")

    def together(folder: Path) -> bool:
        return any(
            {"email:cleo@example.org", "email:dora@example.org"} <= one for one in customers(folder)
        )

    assert together(tmp_path / "before")
    assert not together(tmp_path / "after")


def test_as_of_now_is_what_the_run_found(landed: Path, tmp_path: Path) -> None:
    """At the run's own instant all four tables are the run's, byte for byte in their rows."""
    settings = load(landed)
    job = plan(settings, None, NOW)

    as_of.write(settings, job.as_of_at, tmp_path / "now")

    for path in sorted((settings.work / "identity").glob("*.parquet")):
        now = pl.read_parquet(tmp_path / "now" / path.name)
        assert now.equals(pl.read_parquet(path)), path.name


def test_a_customer_known_then_by_its_namesake_has_its_id_of_today(
    landed: Path, tmp_path: Path
) -> None:
    """Ada's account names her on day 11 as it does today."""
    settings = load(landed)
    as_of.write(settings, day(11), tmp_path / "then")

    def named(folder: Path) -> str:
        table = pl.read_parquet(folder / "identifiers.parquet")
        return str(table.filter(pl.col("identifier") == "user_id:ada")["customer_id"].item())

    assert named(tmp_path / "then") == named(settings.work / "identity")


def test_events_known_by_an_instant_have_the_customers_of_then(landed: Path) -> None:
    """On day 40 the laptop's page is a stranger's, and nothing later is there at all."""
    with as_of.known_by(load(landed), day(40)) as con:
        owners = dict(
            con.sql(
                "select known_events.occurred_at, customer_id from known_events "
                "join event_customers using (event_id)"
            ).fetchall()
        )

    by_day = {at.timetuple().tm_yday: customer for at, customer in owners.items()}
    assert set(by_day) == {5, 8, 9, 10, 12, 13}
    assert by_day[5] != by_day[10]


def test_the_difference_to_today_is_counted(landed: Path) -> None:
    """Day 31: the laptop and bob's cookie went to others; cleo and dora came apart."""
    settings = load(landed)
    with duckdb.connect(str(settings.work / BUILD)) as con:
        found = as_of.restatements(con, settings, [day(31), day(2)])

    (row,) = found.rows(named=True)
    assert row["known_at"] == day(31).replace(tzinfo=None)
    # Ada, her laptop, bob, his cookie, cleo with dora; today ada, bob, cleo and dora.
    assert (row["customer_count"], row["current_customer_count"]) == (5, 4)
    assert (row["merged_customer_count"], row["split_customer_count"]) == (2, 1)
    # Of six events the laptop's and the cookie's moved, and one of cleo's and dora's.
    assert (row["event_count"], row["restated_event_count"]) == (6, 3)
    assert row["unattributed_event_count"] == 0
    assert row["restated_event_share"] == pytest.approx(0.5)


def test_an_event_that_had_no_customer_then_is_counted_apart(tmp_path: Path) -> None:
    """A page at a kiosk is nobody's until, an hour later, somebody logs in there."""
    folder = project(tmp_path / "company")
    configure(folder, LONG_GAPS, [])
    kiosk = [seen(n, n, user=f"user-{n}", cookie="kiosk") for n in range(2, 7)]
    page = Record("web", 20, 9 * DAY, (None, None, "kiosk", None))
    login = Record("web", 21, 9 * DAY + 1, ("user-2", None, "kiosk", None))
    deliver(folder, "all", [*kiosk, page, login])
    settings = ordered(folder)

    with duckdb.connect(str(settings.work / BUILD)) as con:
        between = day(10) + timedelta(minutes=30)
        (row,) = as_of.restatements(con, settings, [between]).rows(named=True)

    assert (row["event_count"], row["unattributed_event_count"]) == (6, 1)
    assert row["restated_event_count"] == 0


def test_month_starts_lie_before_the_instant() -> None:
    """At a month's first instant the month before is the newest; years are crossed."""
    assert as_of.month_starts(datetime(2026, 2, 1, tzinfo=UTC), 2) == [
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2025, 12, 1, tzinfo=UTC),
    ]
    assert as_of.month_starts(datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC), 1) == [
        datetime(2026, 2, 1, tzinfo=UTC)
    ]
    assert as_of.month_starts(NOW, 0) == []


def test_the_command_writes_the_tables_of_an_instant(
    landed: Path, tmp_path: Path, wend: Wend
) -> None:
    """`wend identity --as-of` says how many customers there were and writes four tables."""
    out = tmp_path / "then"

    done = wend("identity", "--as-of", "2026-02-09", "--out", out, "--project", landed)

    assert done.returncode == 0, done.stderr
    assert "customers known at 2026-02-09T00:00:00+00:00" in done.stdout
    assert {path.stem for path in out.glob("*.parquet")} >= {
        "customer_changes",
        "customer_confidence",
        "customer_links",
        "identifiers",
    }
    assert out.stat().st_mode & 0o077 == 0


def test_the_command_asks_for_a_folder(landed: Path, wend: Wend) -> None:
    """Without --out nothing is written, and the message says what is missing."""
    done = wend("identity", "--as-of", "2026-02-09", "--project", landed)

    assert done.returncode == 2
    assert "--out" in done.stderr
