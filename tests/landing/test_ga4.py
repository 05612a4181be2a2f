"""GA4's export to BigQuery, as JSON lines and as Parquet."""

from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import ga4
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

MORNING_US = 1_767_603_600_250_000  # 2026-01-05 09:00:00.250 UTC


def param(key: str, **value: Any) -> dict[str, Any]:
    """One entry of event_params."""
    return {"key": key, "value": value}


PARAMS = [
    param("page_location", string_value="https://larkspur.example/pricing?mail=ada@mail.example"),
    param("page_title", string_value="Pricing"),
    param("ga_session_id", int_value="1767603500"),
    param("engagement_time_msec", int_value="120"),
    param("percent", double_value=0.5),
    param("empty"),
]


def row(**changed: Any) -> dict[str, Any]:
    """A page view as the JSON export writes it, with some fields exchanged; None takes one out."""
    whole = {
        "event_date": "20260105",
        "event_timestamp": str(MORNING_US),
        "event_name": "page_view",
        "event_params": PARAMS,
        "event_bundle_sequence_id": "7",
        "batch_event_index": "1",
        "user_pseudo_id": "123.456",
        "platform": "WEB",
        "stream_id": "99",
        "device": {"category": "mobile", "advertising_id": "ad-1"},
        "geo": {"country": "Ireland", "city": "Cork"},
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def read(tmp_path: Path, *rows: dict[str, Any]) -> list[Outcome]:
    """What the reader makes of some rows."""
    content = b"\n".join(map(orjson.dumps, rows))
    return outcomes_of(ga4.read, content, tmp_path, feed("ga4"), name="events_20260105.json")


def one(tmp_path: Path, **changed: Any) -> Event:
    """The event of one row."""
    (event,) = events(read(tmp_path, row(**changed)))
    return event


def test_a_page_view_is_a_page_viewed(tmp_path: Path) -> None:
    """The path has no query, parameters are flat, a session is the visitor's own."""
    event = one(tmp_path)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "page_view", "/pricing")
    assert (at(event), event.occurred.precision) == ("2026-01-05 09:00:00", "microsecond")
    assert event.device_kind == "mobile"
    assert people(event) == {"actor anonymous_id": "123.456"}
    assert event.properties == {
        "page_location": "https://larkspur.example/pricing",
        "page_title": "Pricing",
        "engagement_time_msec": 120,
        "percent": 0.5,
        "session_id": "123.456.1767603500",
        "country": "Ireland",
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("session_start", "session_started"),
        ("screen_view", "screen_viewed"),
        ("add_to_cart", "product_added"),
        ("begin_checkout", "checkout_started"),
        ("view_search_results", "site_searched"),
        ("trialStarted", "trial_started"),
    ],
)
def test_events_are_called_as_elsewhere(tmp_path: Path, name: str, kind: str) -> None:
    """GA4's own names become the kinds other formats have; a company's stay."""
    assert one(tmp_path, event_name=name).kind == kind


def test_an_app_names_its_installation(tmp_path: Path) -> None:
    """There user_pseudo_id is no cookie, and a login is proved."""
    event = one(
        tmp_path,
        platform="ANDROID",
        user_id="u1",
        event_params=[param("firebase_screen", string_value="Bills")],
    )

    assert people(event) == {"actor user_id": "u1", "actor device_id": "123.456"}
    assert [who.is_authenticated for who in event.identifiers] == [True, False]
    assert event.label == "Bills"


@pytest.mark.parametrize(
    ("changed", "money"),
    [
        (
            {"ecommerce": {"transaction_id": "o1", "purchase_revenue": 19.99}},
            ("order_completed", 1999, "GBP", "o1"),
        ),
        ({"ecommerce": {"transaction_id": "(not set)"}}, ("order_completed", 500, "GBP", None)),
        (
            {"event_name": "refund", "ecommerce": {"refund_value": 3, "transaction_id": "o1"}},
            ("order_refunded", -300, "GBP", "o1"),
        ),
        ({"event_name": "add_to_cart"}, ("product_added", None, None, None)),
    ],
)
def test_a_purchase_is_money_of_the_events_currency(
    tmp_path: Path, changed: dict[str, Any], money: tuple[Any, ...]
) -> None:
    """What comes back is negative; a value that is no sale is no money."""
    params = [param("currency", string_value="GBP"), param("value", int_value="5")]

    event = one(tmp_path, **{"event_name": "purchase", "event_params": params, **changed})

    assert (event.kind, event.amount_cents, event.currency, event.object_id) == money


def test_an_event_without_consent_names_nobody(tmp_path: Path) -> None:
    """It lands, and its like at the same instant stays another event."""
    other = [param("page_location", string_value="https://larkspur.example/")]
    found = read(tmp_path, row(user_pseudo_id=None), row(user_pseudo_id=None, event_params=other))

    first, second = events(found)
    assert first.identifiers == second.identifiers == ()
    assert first.own_id != second.own_id


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"collected_traffic_source": {"manual_source": "news"}}, True),
        ({"event_params": []}, True),
        ({"batch_event_index": "2"}, False),
        ({"event_bundle_sequence_id": "8"}, False),
        ({"event_name": "scroll"}, False),
        ({"event_timestamp": str(MORNING_US + 1)}, False),
    ],
)
def test_a_rewritten_row_keeps_its_id(
    tmp_path: Path, changed: dict[str, Any], *, is_same: bool
) -> None:
    """What a rewrite of the table mends is no part of the id; the place in the batch is."""
    found = events(read(tmp_path, row(), row(**changed)))

    assert (found[0].own_id == found[1].own_id) is is_same


def test_rows_without_places_are_told_apart_by_parameters(tmp_path: Path) -> None:
    """Events sent in one batch share their timestamp."""
    one_item = row(batch_event_index=None)
    other = row(batch_event_index=None, event_params=[param("item", string_value="b")])

    ids = [event.own_id for event in events(read(tmp_path, one_item, other, one_item))]

    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("wrapped", [False, True])
def test_parquet_gives_the_same_event(tmp_path: Path, *, wrapped: bool) -> None:
    """Numbers are numbers there, and lists may be wrapped as BigQuery does."""
    params = [
        param("page_location", string_value="https://larkspur.example/pricing", int_value=None),
        param("ga_session_id", string_value=None, int_value=1767603500),
    ]
    held: Any = {"list": [{"element": each} for each in params]} if wrapped else params
    content = row(event_timestamp=MORNING_US, event_params=held)
    path = tmp_path / "events.parquet"
    pl.DataFrame([content]).write_parquet(path)

    found = outcomes_of(ga4.read, path.read_bytes(), tmp_path, feed("ga4"), name=path.name)

    (event,) = events(found)
    assert (event.kind, event.label, at(event)) == (
        "page_viewed",
        "/pricing",
        "2026-01-05 09:00:00",
    )
    assert event.properties["session_id"] == "123.456.1767603500"


def test_items_campaign_and_unknown_fields_are_kept(tmp_path: Path) -> None:
    """What the export added since is named, what names a person is not there."""
    event = one(
        tmp_path,
        items=[{"item_id": "fibre", "item_brand": "(not set)", "quantity": "1"}],
        collected_traffic_source={"manual_source": "news", "gclid": "x"},
        user_properties=[
            param("plan", string_value="fibre"),
            param("email", string_value="a@b.example"),
        ],
        new_field={"x": 1},
    )

    assert event.properties["items"] == [{"item_id": "fibre", "quantity": "1"}]
    assert event.properties["campaign"] == {"source": "news"}
    assert event.properties["user_properties"] == {"plan": "fibre"}
    assert event.properties["unexpected_fields"] == {"new_field": {"x": 1}}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_name": None}, "no event_name"),
        ({"event_name": "-"}, "an event without a readable name: '-'"),
        ({"event_timestamp": None}, "not a Unix time: 'None'"),
        ({"event_timestamp": "1767603600"}, "Unix time of another unit than us: 1767603600"),
        ({"event_params": "x"}, "event_params is no list of records: 'x'"),
        ({"event_params": [{"value": {}}]}, "no key"),
        ({"event_params": [param("n", int_value="many")]}, "n is no whole number: 'many'"),
        ({"batch_event_index": "9" * 30}, f"batch_event_index is no whole number: '{'9' * 30}'"),
        ({"batch_event_index": "-1"}, "no places in a batch: [0, -1]"),
        ({"user_id": 5.5}, "user_id is no text: '5.5'"),
        ({"user_pseudo_id": "1.2E+9"}, "no usable anonymous_id: '1.2E+9'"),
        (
            {"event_name": "purchase", "ecommerce": {"purchase_revenue": "a lot"}},
            "not an amount of money: 'a lot'",
        ),
    ],
)
def test_a_damaged_row_is_refused_alone(
    tmp_path: Path, changed: dict[str, Any], reason: str
) -> None:
    """It keeps its number and its reason; its neighbours land."""
    found = read(tmp_path, row(), row(**changed), row())

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2
