import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import segment
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Mobile/15E148"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def call(**parts: Any) -> dict[str, Any]:
    """A page call, with some parts of it exchanged; None takes a part out."""
    whole = {
        "type": "page",
        "messageId": "m-1",
        "anonymousId": "a-1",
        "timestamp": "2026-01-05T09:00:00.250Z",
        "receivedAt": "2026-01-05T09:00:01Z",
        "context": {"userAgent": PHONE},
        "properties": {"path": "/pricing", "title": "Pricing"},
        **parts,
    }
    return {name: part for name, part in whole.items() if part is not None}


def read(tmp_path: Path, *calls: dict[str, Any], **more: Any) -> list[Outcome]:
    """What the reader makes of some calls."""
    content = b"\n".join(orjson.dumps(each) for each in calls)
    return outcomes_of(segment.read, content, tmp_path, feed("segment", **more))


def one(tmp_path: Path, **parts: Any) -> Event:
    """The event of one call."""
    (event,) = events(read(tmp_path, call(**parts)))
    return event


def test_a_page_call_is_a_page_viewed(tmp_path: Path) -> None:
    """The label is the path; times, device and cookie are the call's."""
    event = one(tmp_path)

    assert (event.kind, event.kind_raw, event.label) == ("page_viewed", "page", "/pricing")
    assert at(event) == "2026-01-05 09:00:00"
    assert event.received_us == event.occurred.us + 750_000
    assert (event.own_id, event.device_kind, event.machine_reason) == ("m-1", "mobile", None)
    assert people(event) == {"actor anonymous_id": "a-1"}


@pytest.mark.parametrize(
    ("properties", "page", "label"),
    [
        ({"path": "/pricing?plan=1#top"}, {}, "/pricing"),
        ({"url": "https://larkspur.example/compare?x=1"}, {}, "/compare"),
        ({"url": "https://larkspur.example"}, {}, "/"),
        ({}, {"path": "/login"}, "/login"),
        ({}, {"url": "https://larkspur.example/login?next=/"}, "/login"),
        ({"name": "Home"}, {}, "Home"),
        ({}, {}, None),
    ],
)
def test_a_page_is_labelled_by_its_path(
    tmp_path: Path, properties: dict[str, str], page: dict[str, str], label: str | None
) -> None:
    """Queries, which may name people, are cut off; the page's name is the last resort."""
    assert one(tmp_path, properties=properties, context={"page": page}).label == label


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Order Completed", "order_completed"),
        ("orderCompleted", "order_completed"),
        ("order-completed!", "order_completed"),
        ("First Login", "first_login"),
        ("Größe gewählt", "größe_gewählt"),
    ],
)
def test_a_tracked_event_names_its_kind(tmp_path: Path, name: str, kind: str) -> None:
    """However a developer spells it, the kind is one; the source's word is kept."""
    event = one(tmp_path, type="track", event=name, properties={})

    assert (event.kind, event.kind_raw) == (kind, name)


@pytest.mark.parametrize(
    ("properties", "money"),
    [
        ({"revenue": 19.99, "total": 5, "currency": "gbp"}, (1999, "GBP")),
        ({"total": "348.00"}, (34800, "EUR")),
        ({"value": 0.1, "currency": "USD"}, (10, "USD")),
        ({"revenue": 500, "currency": "JPY"}, (500, "JPY")),
        ({"revenue": -4.205, "currency": "GBP"}, (-420, "GBP")),
        ({"value": 3}, (None, None)),
        ({"value": "blue", "currency": "GBP"}, (None, None)),
        ({"revenue": None}, (None, None)),
    ],
)
def test_money_is_kept_in_minor_units(
    tmp_path: Path, properties: dict[str, Any], money: tuple[int | None, str | None]
) -> None:
    """Revenue comes before total, and a value is money only where a currency says so."""
    event = one(tmp_path, type="track", event="Order Completed", properties=properties)

    assert (event.amount_cents, event.currency) == money


def test_an_identify_call_names_a_customer(tmp_path: Path) -> None:
    """Traits become handles in normal form; what names a person is not published."""
    traits = {"email": "Ada@Mail.example", "phone": "07911 123456", "name": "Ada", "plan": "fibre"}

    event = one(tmp_path, type="identify", userId="u1", traits=traits, properties=None)

    assert people(event) == {
        "actor user_id": "u1",
        "actor anonymous_id": "a-1",
        "actor email": "ada@mail.example",
        "actor phone": "+447911123456",
    }
    assert [who.is_authenticated for who in event.identifiers] == [True, False, False, False]
    assert (event.kind, event.properties) == ("customer_identified", {"plan": "fibre"})


def test_a_groups_address_is_not_the_customers(tmp_path: Path) -> None:
    """A group call's traits are the account's."""
    event = one(tmp_path, type="group", groupId="g1", traits={"email": "info@corp.example"})

    assert people(event) == {"actor anonymous_id": "a-1"}
    assert (event.kind, event.object_kind, event.object_id) == ("account_joined", "account", "g1")


@pytest.mark.parametrize(
    ("previous", "namespace"),
    [
        ("old-user", "user_id"),
        ("a-1", "anonymous_id"),
        ("6f1c3a5e-0000-4000-8000-00000466c7c3", "anonymous_id"),
    ],
)
def test_an_alias_is_a_declared_merge(tmp_path: Path, previous: str, namespace: str) -> None:
    """The former id is a cookie when it looks like one, else a former user id."""
    event = one(tmp_path, type="alias", userId="u1", previousId=previous)

    assert event.is_merge
    assert (namespace, previous) in {(who.namespace, who.value) for who in event.identifiers}


def test_a_rudderstack_merge_is_a_declared_merge(tmp_path: Path) -> None:
    """Its two properties are one person's handles."""
    pairs = [{"type": "email", "value": "ADA@mail.example"}, {"type": "user_id", "value": "u1"}]

    event = one(tmp_path, type="merge", mergeProperties=pairs, anonymousId=None)

    assert event.is_merge
    assert people(event) == {"actor email": "ada@mail.example", "actor user_id": "u1"}


def test_a_crawlers_call_is_marked(tmp_path: Path) -> None:
    """It is landed, with the reason why no person was behind it."""
    assert one(tmp_path, context={"userAgent": ROBOT}).machine_reason == "crawler"


def test_an_unknown_field_is_kept_and_named(tmp_path: Path) -> None:
    """A field that no specification has neither loses the call nor disappears."""
    event = one(tmp_path, experiment={"bucket": "b"}, integrations={})

    assert event.properties["unexpected_fields"] == {"experiment": {"bucket": "b"}}


def test_an_unreadable_handle_is_named(tmp_path: Path) -> None:
    """An address that is none costs the handle, not the event."""
    event = one(tmp_path, context={"traits": {"email": "ada at home"}})

    assert people(event) == {"actor anonymous_id": "a-1"}
    assert event.properties["unreadable"] == ["email"]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"type": "pag"}, "type 'pag' is none of page, screen"),
        ({"type": []}, r"type '\[\]' is none of"),
        ({"type": "track"}, "a track call without an event name: 'None'"),
        ({"type": "track", "event": " ! "}, "a track call without an event name"),
        ({"type": "alias"}, "an alias needs previousId and userId"),
        ({"type": "merge"}, "a merge needs two mergeProperties"),
        ({"timestamp": None}, "no timestamp and no originalTimestamp"),
        ({"timestamp": "2099-01-01T00:00:00Z"}, "time in the future"),
        ({"timestamp": "0000-00-00T00:00:00Z"}, "impossible time"),
        ({"timestamp": "05/01/2026"}, "not an ISO 8601 time"),
        ({"receivedAt": "soon"}, "not an ISO 8601 time"),
        ({"properties": "none"}, "properties is no object"),
        ({"context": []}, "context is no object"),
        ({"userId": {"id": 1}}, "userId is no text"),
        ({"userId": True}, "userId is no text"),
        ({"properties": {"revenue": "a lot"}}, "not an amount of money"),
        ({"properties": {"revenue": 1, "currency": "pounds"}}, "not a currency"),
    ],
)
def test_a_bad_call_is_refused_with_its_reason(
    tmp_path: Path, parts: dict[str, Any], reason: str
) -> None:
    """It keeps its line number; its neighbours are read."""
    found = read(tmp_path, call(), call(**parts), call())

    ((number, reasons),) = refused(found)
    assert number == 2
    assert re.match(reason, reasons)
    assert len(events(found)) == 2


def test_namespaces_are_renamed_by_configuration(tmp_path: Path) -> None:
    """Two shops' user ids stay apart where wend.toml says so."""
    (event,) = events(read(tmp_path, call(userId="u1"), namespaces={"user_id": "shop_login"}))

    assert people(event)["actor shop_login"] == "u1"
