"""Machines that no agent names: by pace, and by what they do to mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
import pytest

from tests.conftest import RunModel
from tests.tables import table

START = datetime(2026, 2, 1, 10)  # noqa: DTZ001 - the models' instants are naive UTC


def views(pages: Sequence[str], *, seconds: float, **said: object) -> pl.DataFrame:
    """A view of each page, one after another, `seconds` apart."""
    return pl.DataFrame(
        [
            {
                "event_id": f"{number}",
                "source": "web",
                "kind": "page_viewed",
                "label": page,
                "occurred_at": START + timedelta(seconds=number * seconds),
                "time_precision": "second",
                "actor": "customer",
                "is_machine": False,
                **said,
            }
            for number, page in enumerate(pages)
        ]
    )


def by(visitor: str, events: pl.DataFrame) -> pl.DataFrame:
    """One visitor's name on each of the events."""
    return events.select(
        "event_id",
        "source",
        "occurred_at",
        namespace=pl.lit("visitor"),
        value=pl.lit(visitor),
        role=pl.lit("actor"),
    )


def pages(count: int) -> list[str]:
    """So many different pages."""
    return [f"/{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("events", "is_machine"),
    [
        pytest.param(views(pages(61), seconds=0.9), True, id="61 pages in a minute"),
        pytest.param(views(pages(60), seconds=0.9), False, id="60 pages in a minute"),
        pytest.param(views(["/wall"] * 500, seconds=0.1), False, id="one page, reloaded"),
        pytest.param(
            views([f"/api/{number}" for number in range(99)], seconds=0.1), False, id="a script"
        ),
        pytest.param(views(pages(1000), seconds=1.9), True, id="every two seconds for long"),
        pytest.param(views(pages(890), seconds=1.9), False, id="not quite half an hour"),
        pytest.param(
            views(pages(61), seconds=0.1, time_precision="day"), False, id="no time of day"
        ),
        pytest.param(views(pages(61), seconds=0.1, actor="agent"), False, id="staff"),
    ],
)
def test_a_visitor_faster_than_anybody_reads_is_a_machine(
    events: pl.DataFrame,
    is_machine: bool,  # noqa: FBT001
    run_model: RunModel,
) -> None:
    """More than 60 pages in a minute, or 900 in half an hour; the same page counts once."""
    found = run_model("machine_visitors", landed_events=events, landed_identifiers=by("v", events))

    assert found.rows() == ([("web", "visitor", "v", "rate")] if is_machine else [])


@pytest.mark.parametrize(("count", "is_machine"), [(300, False), (601, True)])
def test_who_is_known_by_name_is_a_machine_only_past_ten_pages_a_second(
    count: int,
    is_machine: bool,  # noqa: FBT001
    run_model: RunModel,
) -> None:
    """A customer who logs in opens many pages at once, but not six hundred in a minute."""
    events = views(pages(count), seconds=0.05)
    login = by("ada", events.head(1)).with_columns(
        namespace=pl.lit("user_id"), is_authenticated=pl.lit(value=True)
    )
    visitor = by("v", events).with_columns(is_authenticated=pl.lit(value=False))

    found = run_model(
        "machine_visitors",
        landed_events=events,
        landed_identifiers=pl.concat([login.select(visitor.columns), visitor]),
    )

    assert (found.height == 1) is is_machine


def test_versions_of_an_event_count_alike_whichever_landed_first(run_model: RunModel) -> None:
    """A visitor found out by a revision is found out when that came first, too."""
    shown = views(pages(61), seconds=0.9)
    revised = shown.head(1).with_columns(label=pl.lit("/1"))
    first = pl.concat([revised, shown.tail(60)])

    found = [
        run_model(
            "machine_visitors",
            landed_events=landed,
            landed_revisions=revisions,
            landed_identifiers=by("v", shown),
        )
        for landed, revisions in ((shown, revised), (first, shown.head(1)))
    ]

    assert found[0].height == 1
    assert found[0].equals(found[1])


def test_all_that_a_machine_did_is_a_machine_s(run_model: RunModel) -> None:
    """Its slow hours count, too; what others did does not."""
    hasty = views(pages(61), seconds=0.9)
    slow = views(["/"], seconds=0).with_columns(
        event_id=pl.lit("slow"), occurred_at=pl.lit(START + timedelta(days=3))
    )
    other = slow.with_columns(event_id=pl.lit("other"))

    events = run_model(
        "known_events",
        landed_events=pl.concat([hasty, slow, other]),
        landed_identifiers=pl.concat([by("v", hasty), by("v", slow), by("w", other)]),
    )

    machine = events.filter(pl.col("is_machine"))
    assert events.height == 63
    assert sorted(set(events["event_id"]) - set(machine["event_id"])) == ["other"]
    assert set(machine["machine_reason"]) == {"rate"}


MAIL = """
    event_id | kind            | object_id | at       | who | link
"""


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        pytest.param(
            """
            sent     | email_delivered | m | 10:00:00 | ada |
            one      | email_clicked   | m | 10:00:10 | ada | https://a.example/1
            two      | email_clicked   | m | 10:00:04 | ada | https://a.example/2
            later    | email_clicked   | m | 10:30:00 | ada | https://a.example/1
            """,
            ["one", "two"],
            id="two links",
        ),
        pytest.param(
            """
            sent     | email_delivered | m | 10:00:00 | ada |
            one      | email_opened    | m | 10:00:03 | ada |
            two      | email_clicked   | m | 10:00:04 | ada | https://a.example/2
            """,
            ["one", "two"],
            id="an open and a click",
        ),
        pytest.param(
            """
            one      | email_clicked   | m | 09:59:58 | ada | https://a.example/1
            two      | email_clicked   | m | 09:59:58 | ada | https://a.example/2
            sent     | email_delivered | m | 10:00:00 | ada |
            """,
            ["one", "two"],
            id="before it was delivered",
        ),
        pytest.param(
            """
            sent     | email_delivered | m | 10:00:00 | ada |
            one      | email_opened    | m | 10:00:09 | ada |
            two      | email_clicked   | m | 10:00:11 | ada | https://a.example/2
            """,
            [],
            id="a quick reader",
        ),
        pytest.param(
            """
            sent     | email_delivered | m | 10:00:00 | ada |
            sent-bob | email_delivered | m | 10:00:00 | bob |
            one      | email_clicked   | m | 10:00:05 | ada | https://a.example/1
            two      | email_clicked   | m | 10:00:05 | bob | https://a.example/2
            """,
            [],
            id="two readers of one mailing",
        ),
        pytest.param(
            """
            one      | email_clicked   | m | 10:00:05 | ada | https://a.example/1
            two      | email_clicked   | m | 10:00:05 | ada | https://a.example/2
            """,
            [],
            id="nobody says when it was delivered",
        ),
    ],
)
def test_links_tried_within_ten_seconds_of_delivery_are_a_scanner_s(
    rows: str, found: list[str], run_model: RunModel
) -> None:
    """Two links, or an open and a click; what its reader does later stays the reader's."""
    mail = table(MAIL.rstrip() + rows).with_columns(
        source=pl.lit("email"),
        time_precision=pl.lit("second"),
        occurred_at=("2026-02-01 " + pl.col("at").cast(pl.String)).str.to_datetime(),
    )
    events = run_model(
        "machine_events",
        landed_events=mail.drop("at", "who"),
        landed_identifiers=mail.select(
            "event_id",
            "source",
            "occurred_at",
            namespace=pl.lit("email"),
            value=pl.col("who"),
            role=pl.lit("recipient"),
        ),
    )

    assert sorted(events["event_id"]) == found
    assert set(events["machine_reason"]) <= {"mail_scanner"}


def test_machines_are_counted_by_source_and_reason(run_model: RunModel) -> None:
    """What people did is not among it, nor the marks of what their browsers asked for."""
    counted = run_model(
        "machine_reasons",
        landed_events=table("""
            event_id | source | kind             | is_machine | machine_reason | occurred_at
            a        | web    | page_viewed      | true       | crawler        | 2026-02-01 10:00:00
            b        | web    | page_viewed      | true       | crawler        | 2026-02-03 10:00:00
            c        | web    | page_viewed      | false      |                | 2026-02-01 10:00:00
            d        | web    | assets_requested | true       | asset          | 2026-02-01 00:00:00
        """),
    )

    assert counted.rows() == [
        ("web", "crawler", 2, START, START + timedelta(days=2)),
    ]


def visits(visitor: str, count: int, *, asks_for_assets: bool, login: str = "") -> pl.DataFrame:
    """Pages a visitor saw, the mark of its assets among them, and who was named."""
    seen = views(["/"] * count, seconds=600, device_kind="desktop")
    mark = seen.head(1).with_columns(
        event_id=pl.lit("assets"), kind=pl.lit("assets_requested"), is_machine=pl.lit(value=True)
    )
    both = pl.concat([seen, mark]) if asks_for_assets else seen
    return both.with_columns(
        event_id=pl.lit(f"{visitor}-") + pl.col("event_id"),
        visitor=pl.lit(visitor),
        login=pl.lit(login),
    )


def bare(company: list[pl.DataFrame], run_model: RunModel) -> list[str]:
    """The visitors taken for machines by what they leave out."""
    events = pl.concat(company)
    named = events.filter(pl.col("login") != "").with_columns(visitor=pl.col("login"))
    names = pl.concat(
        [
            rows.select(
                "event_id",
                "source",
                "occurred_at",
                "is_machine",
                namespace=pl.lit(namespace),
                value=pl.col("visitor"),
                role=pl.lit("actor"),
                is_authenticated=pl.lit(namespace == "user_id"),
            )
            for namespace, rows in (("visitor", events), ("user_id", named))
        ]
    )
    found = run_model(
        "machine_visitors",
        landed_events=events.drop("visitor", "login"),
        landed_identifiers=names,
    )
    assert set(found["machine_reason"]) <= {"no assets"}
    return sorted(found["value"])


def test_a_browser_that_never_asks_for_an_image_is_none(run_model: RunModel) -> None:
    """Twenty pages and no asset, where most visitors ask for some; a login says otherwise."""
    people = [visits(f"p{number}", 3, asks_for_assets=True) for number in range(6)]
    others = [
        visits("bare", 20, asks_for_assets=False),
        visits("brief", 19, asks_for_assets=False),
        visits("customer", 20, asks_for_assets=False, login="u1"),
        visits("cached", 20, asks_for_assets=True),
    ]

    assert bare([*people, *others], run_model) == ["bare"]


def test_where_few_ask_for_images_nobody_is_judged_by_it(run_model: RunModel) -> None:
    """Assets may come from another server: then most browsers never ask this one."""
    company = [
        visits("one", 3, asks_for_assets=True),
        *(visits(f"v{number}", 20, asks_for_assets=False) for number in range(3)),
    ]

    assert bare(company, run_model) == []
