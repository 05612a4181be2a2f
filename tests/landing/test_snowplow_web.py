"""Snowplow's real files: they land whole, and give the numbers of Snowplow's own models."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.landing import gate, ledger
from pipeline.landing.ledger import Night
from pipeline.landing.web.snowplow_columns import COLUMNS
from pipeline.settings import Settings

SHARED = Path(__file__).parents[3] / "shared" / "data"
WEB = SHARED / "web_snowplow_web"
LANDED = ("events", "revisions", "identifiers")


def landed(folder: Path, path: Path) -> tuple[gate.Landing, Path]:
    """A real file, landed through the gate; the landing and the lake."""
    if not path.is_file():
        pytest.skip(f"the real data is not here: {path}")
    (folder / "raw").mkdir()
    shutil.copy(path, folder / "raw")
    company = Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {"tracker": {"format": "snowplow", "path": "raw/*"}},
        }
    )
    night = Night(1, frozenset(), datetime(2026, 10, 1, tzinfo=UTC))
    return gate.land(company, company.lake, night, tell=lambda *_: None), company.lake


def test_the_real_enriched_line_lands(tmp_path: Path) -> None:
    """A line of 131 fields with JSON inside is one event."""
    landing, lake = landed(tmp_path, SHARED / "web_snowplow_tsv" / "enriched_event.tsv")

    (event,) = ledger.landed_table(lake, "events").collect().iter_rows(named=True)
    assert landing.files["landed_count"].to_list() == [1]
    assert (event["kind"], event["label"]) == ("page_viewed", "/product/index.html")
    assert event["occurred_at"] == datetime(2013, 11, 26, 0, 3, 57, 886000)  # noqa: DTZ001


def test_the_ordered_fields_are_snowplows() -> None:
    """The names stand in the order of the fields, as written beside the real line."""
    path = SHARED / "web_snowplow_tsv" / "columns.txt"
    if not path.is_file():
        pytest.skip(f"the real data is not here: {path}")

    assert list(COLUMNS) == path.read_text().split()


# The rules of Snowplow's own web models, over events as they were landed. That of two deliveries
# the one received first counts is Wend's own rule too; of two received at one instant the models
# take whichever stands first, and here the earlier. The others are choices of those models that
# Wend does not make, so they are made here, in the query:
#  - an event received more than 3 days after it happened is left out;
#  - a session is what the tracker calls one, and what was received more than 3 days after the
#    session's first event is left out;
#  - page views are told apart by the id of their page, and without one there is none; a session
#    needs one, by a view or by a ping;
#  - a ping stands for the 5 seconds before it;
#  - a session's user is the cookie of its first event: cookies that change within a session are
#    one user, and without a cookie there is no user.
MODEL = """
with
    versions as (
        select
            *,
            row_number() over (
                partition by event_id order by received_at, occurred_at
            ) as version
        from deliveries
    ),

    timely as (
        select
            event_id,
            kind,
            occurred_at,
            received_at,
            properties ->> 'session_id' as session_id,
            properties ->> 'page_view_id' as page_view_id,
            cookie,
            kind in ('page_viewed', 'page_pinged')
            and properties ->> 'page_view_id' is not null as is_on_page
        from versions
        left join cookies using (event_id)
        where version = 1 and received_at - occurred_at <= interval 3 days
    ),

    short as (
        select
            *,
            min_by(coalesce(cookie, ''), (received_at, event_id)) over (
                partition by session_id
            ) as user
        from timely
        where session_id is not null
        qualify received_at <= min(received_at) over (partition by session_id) + interval 3 days
    ),

    sessions as (
        select
            session_id,
            user,
            min(
                occurred_at - interval 1 second * case kind when 'page_pinged' then 5 else 0 end
            ) filter (where is_on_page or kind <> 'page_pinged') as started_at,
            max(occurred_at) as ended_at,
            count(distinct page_view_id) filter (where is_on_page) as page_view_count,
            count(*) as event_count
        from short
        group by session_id, user
        having bool_or(is_on_page)
    )
"""
EXPECTED = {
    "sessions": (
        """
        select session_id, nullif(user, ''), started_at, ended_at, page_view_count, event_count
        from sessions
        """,
        "default/snowplow_web_sessions_expected.csv",
        """
        domain_sessionid, domain_userid, start_tstamp, end_tstamp, page_views, total_events
        """,
    ),
    "page views": (
        """
        select session_id, page_view_id, min(occurred_at)
        from short
        where kind = 'page_viewed' and is_on_page
        group by session_id, page_view_id
        """,
        "snowplow_web_page_views_expected.csv",
        "domain_sessionid, page_view_id, derived_tstamp",
    ),
    "users": (
        """
        select user, min(started_at), max(ended_at), sum(page_view_count), count(*)
        from sessions
        where user <> ''
        group by user
        """,
        "snowplow_web_users_expected.csv",
        "domain_userid, start_tstamp, end_tstamp, page_views, sessions",
    ),
}


@pytest.fixture(scope="module")
def web_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake after the real web set was landed, every record accounted for."""
    path = WEB / "source" / "snowplow_web_events.csv"
    landing, lake = landed(tmp_path_factory.mktemp("web"), path)
    counts = landing.files.row(0, named=True)
    names = ("record", "landed", "duplicate", "revised", "quarantined", "ignored")
    assert [counts[f"{name}_count"] for name in names] == [160, 157, 3, 3, 0, 0]
    return lake


@pytest.mark.parametrize("what", EXPECTED)
def test_the_real_web_set_gives_the_expected_numbers(web_set: Path, what: str) -> None:
    """Sessions, page views and users are, one by one, those of Snowplow's own models."""
    query, file, columns = EXPECTED[what]
    tables = {name: ledger.landed_table(web_set, name).collect() for name in LANDED}
    cookies = tables["identifiers"].filter(pl.col("namespace") == "anonymous_id")
    with duckdb.connect() as con:
        con.register("deliveries", pl.concat([tables["events"], tables["revisions"]]))
        con.register("cookies", cookies.select("event_id", cookie="value").unique())
        found = con.sql(MODEL + query).fetchall()
        expected = con.sql(f"select {columns} from '{WEB / 'expected' / file}'").fetchall()

    assert len(expected) == {"sessions": 18, "page views": 43, "users": 11}[what]
    assert sorted(found, key=str) == sorted(expected, key=str)
