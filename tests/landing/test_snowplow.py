"""Snowplow: the enriched TSV and what warehouses export of it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import snowplow
from pipeline.landing.web.snowplow_columns import COLUMNS
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Mobile/15E148"
IGLU = "iglu:com.snowplowanalytics.snowplow"


def schema(
    name: str, data: Mapping[str, Any], vendor: str = "com.snowplowanalytics.snowplow"
) -> Any:
    """Self-describing data, as trackers write it."""
    return {"schema": f"iglu:{vendor}/{name}/jsonschema/1-0-0", "data": data}


def contexts(*each: Any) -> str:
    """Contexts as the TSV holds them."""
    return orjson.dumps({"schema": f"{IGLU}/contexts/jsonschema/1-0-1", "data": each}).decode()


def row(**changed: str) -> dict[str, str]:
    """An enriched page view, with some of its fields exchanged."""
    return {
        **dict.fromkeys(COLUMNS, ""),
        "app_id": "shop",
        "platform": "web",
        "collector_tstamp": "2026-01-05 09:00:01.500",
        "derived_tstamp": "2026-01-05 09:00:00.250",
        "event": "page_view",
        "event_name": "page_view",
        "event_id": "e-1",
        "user_id": "u1",
        "user_ipaddress": "192.0.2.7",
        "domain_userid": "cookie-1",
        "network_userid": "network-1",
        "domain_sessionid": "session-1",
        "page_url": "https://larkspur.example/pricing?mail=ada@mail.example",
        "page_urlpath": "/pricing",
        "page_referrer": "https://search.example/?q=ada",
        "useragent": PHONE,
        **changed,
    }


def read(tmp_path: Path, *rows: dict[str, str]) -> list[Outcome]:
    """What the reader makes of some rows of the TSV."""
    content = "".join("\t".join(each.values()) + "\n" for each in rows)
    return outcomes_of(snowplow.read, content, tmp_path, feed("snowplow"))


def one(tmp_path: Path, **changed: str) -> Event:
    """The event of one row."""
    (event,) = events(read(tmp_path, row(**changed)))
    return event


def test_a_page_view_is_a_page_viewed(tmp_path: Path) -> None:
    """Times are UTC; the session is a property, the address and the query are not."""
    event = one(tmp_path)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "page_view", "/pricing")
    assert (event.own_id, event.object_kind, event.device_kind) == ("e-1", "page", "mobile")
    assert at(event) == "2026-01-05 09:00:00"
    assert event.occurred.precision == "millisecond"
    assert event.received_us == event.occurred.us + 1_250_000
    assert event.properties["session_id"] == "session-1"
    assert event.properties["page_referrer"] == "https://search.example/"
    assert "192.0.2.7" not in str(event.properties)


def test_ids_are_a_login_and_two_cookies(tmp_path: Path) -> None:
    """The collector's own cookie has a namespace of its own, and only the login is proved."""
    event = one(tmp_path)

    assert people(event) == {
        "actor user_id": "u1",
        "actor anonymous_id": "cookie-1",
        "actor snowplow_network": "network-1",
    }
    assert [who.is_authenticated for who in event.identifiers] == [True, False, False]


@pytest.mark.parametrize(
    ("changed", "kind", "label"),
    [
        ({"event": "page_ping", "event_name": "page_ping"}, "page_pinged", "/pricing"),
        (
            {"event": "struct", "event_name": "event", "se_action": "Add To Basket"},
            "add_to_basket",
            "/pricing",
        ),
        (
            {"event": "struct", "se_action": "play", "se_category": "video", "se_label": "tour"},
            "play",
            "tour",
        ),
        ({"event": "unstruct", "event_name": "link_click"}, "link_clicked", "/pricing"),
        ({"event": "unstruct", "event_name": "trial_started"}, "trial_started", "/pricing"),
        ({"page_urlpath": ""}, "page_viewed", "/pricing"),
    ],
)
def test_events_are_named_by_what_they_are(
    tmp_path: Path, changed: dict[str, str], kind: str, label: str
) -> None:
    """A ping is no page view, a struct event its action, a self-describing one its name."""
    event = one(tmp_path, **changed)

    assert (event.kind, event.label) == (kind, label)


def test_the_data_of_a_self_describing_event_is_kept(tmp_path: Path) -> None:
    """Quotes inside the TSV are text, and what names a person is not published."""
    data = {"plan": 'the "big" one', "email": "ada@mail.example", "url": "https://x.example/?a=b"}
    outer = {"schema": f"{IGLU}/unstruct_event/jsonschema/1-0-0", "data": schema("trial", data)}

    event = one(
        tmp_path, event="unstruct", event_name="trial", unstruct_event=orjson.dumps(outer).decode()
    )

    assert event.properties["data"] == {"plan": 'the "big" one', "url": "https://x.example/"}


def test_a_transaction_is_an_order(tmp_path: Path) -> None:
    """Its total is money; its items would count it twice."""
    order = one(tmp_path, event="transaction", tr_orderid="o1", tr_total="19.99", tr_currency="GBP")
    item = one(
        tmp_path, event="transaction_item", ti_orderid="o1", ti_price="19.99", ti_currency="GBP"
    )

    assert (order.kind, order.amount_cents, order.currency) == ("order_completed", 1999, "GBP")
    assert (item.kind, item.amount_cents) == ("order_line_sold", None)
    assert (order.object_id, item.object_id) == ("o1", "o1")


def test_contexts_give_page_view_and_installation(tmp_path: Path) -> None:
    """The page view's id is a property, the installation's id a device; others are kept."""
    event = one(
        tmp_path,
        contexts=contexts(
            schema("web_page", {"id": "pv-1"}),
            schema("client_session", {"userId": "install-1", "sessionId": "s-2"}),
            schema("experiment", {"bucket": "b"}, "com.acme"),
        ),
        domain_sessionid="",
    )

    assert event.properties["page_view_id"] == "pv-1"
    assert event.properties["session_id"] == "s-2"
    assert event.properties["contexts"] == {"com_acme_experiment": [{"bucket": "b"}]}
    assert people(event)["actor device_id"] == "install-1"


@pytest.mark.parametrize(
    "changed",
    [
        {"useragent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"br_family": "Robot/Spider"},
        {
            "derived_contexts": contexts(
                schema("spiders_and_robots", {"spiderOrRobot": True}, "com.iab.snowplow")
            )
        },
        {
            "derived_contexts": contexts(
                schema("yauaa_context", {"agentClass": "Robot"}, "nl.basjes")
            )
        },
    ],
)
def test_a_robot_is_marked(tmp_path: Path, changed: dict[str, str]) -> None:
    """By its agent, by the browser family or by an enrichment."""
    assert one(tmp_path, **changed).machine_reason == "crawler"


def test_an_event_without_a_derived_time_occurred_when_collected(tmp_path: Path) -> None:
    """Old versions of enrich did not derive one."""
    assert at(one(tmp_path, derived_tstamp="")) == "2026-01-05 09:00:01"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"event_id": ""}, "no event_id"),
        ({"collector_tstamp": ""}, "no collector_tstamp"),
        ({"derived_tstamp": "yesterday"}, "not an ISO 8601 time: 'yesterday'"),
        ({"derived_tstamp": "2099-01-01 00:00:00"}, "time in the future: 2099-01-01 00:00"),
        ({"event": "struct"}, "no se_action"),
        ({"event": "unstruct", "event_name": "!"}, "an event without a readable name: '!'"),
        ({"contexts": "{"}, "contexts is not JSON: '{'"),
        ({"contexts": '{"data": 1}'}, "contexts is no list of objects: '1'"),
        ({"domain_userid": "5.7E+17"}, "no usable anonymous_id: '5.7E+17'"),
        ({"event": "transaction", "tr_total": "much"}, "not an amount of money: 'much'"),
        ({"true_tstamp": "a\tb"}, "132 fields where an enriched event has 131"),
    ],
)
def test_a_damaged_event_is_refused_alone(
    tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    """It keeps its line number and its reason; its neighbours land."""
    found = read(tmp_path, row(), row(**changed), row(event_id="e-3"))

    assert refused(found) == [(2, reason)]
    assert [event.own_id for event in events(found)] == ["e-1", "e-3"]


def test_a_header_that_a_tool_added_is_no_event(tmp_path: Path) -> None:
    """Enrich writes none; exports by hand do."""
    found = read(tmp_path, dict(zip(COLUMNS, COLUMNS, strict=True)), row())

    assert ignored(found) == [(1, "header line")]
    assert len(events(found)) == 1


WAREHOUSE = {
    "event_id": "e-1",
    "event": "unstruct",
    "event_name": "trial",
    "collector_tstamp": "2026-01-05 09:00:01.500",
    "derived_tstamp": "2026-01-05 09:00:00.250",
    "domain_userid": "cookie-1",
    "domain_sessionidx": 3,
    "load_tstamp": "2026-01-05 09:05:00",
    "our_column": "x",
    "contexts_com_snowplowanalytics_snowplow_web_page_1": [{"id": "pv-1"}],
    "contexts_com_iab_snowplow_spiders_and_robots_1_0_0": [{"spider_or_robot": False}],
    "unstruct_event_com_acme_trial_1": {"plan": "fibre"},
}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_warehouse_export_is_the_same_event(tmp_path: Path, ending: str) -> None:
    """One column for each schema, as text or nested; a column nobody knows is named."""
    path = tmp_path / f"events.{ending}"
    if ending == "jsonl":
        path.write_bytes(orjson.dumps(WAREHOUSE))
    elif ending == "parquet":
        stamps = {
            name: datetime.fromisoformat(str(WAREHOUSE[name]))
            for name in ("collector_tstamp", "derived_tstamp")
        }
        pl.DataFrame([{**WAREHOUSE, **stamps}]).write_parquet(path)
    else:
        cells = {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in WAREHOUSE.items()
        }
        pl.DataFrame([cells]).write_csv(path)

    found = outcomes_of(
        snowplow.read, path.read_bytes(), tmp_path, feed("snowplow"), name=path.name
    )

    (event,) = events(found)
    assert (event.kind, event.own_id, at(event)) == ("trial", "e-1", "2026-01-05 09:00:00")
    assert event.properties == {
        "event_name": "trial",
        "data": {"plan": "fibre"},
        "page_view_id": "pv-1",
        "unexpected_fields": {"our_column": "x"},
    }
    assert people(event) == {"actor anonymous_id": "cookie-1"}
