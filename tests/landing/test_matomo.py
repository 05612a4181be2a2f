"""Matomo's visits, as the Live API gives them."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.landing.record import Event, Outcome
from pipeline.landing.web import matomo
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

MORNING = 1_767_603_600  # 2026-01-05 09:00:00 UTC


def action(**changed: Any) -> dict[str, Any]:
    """A page view of a visit."""
    return {
        "type": "action",
        "url": "https://larkspur.example/pricing?mail=ada@mail.example",
        "pageTitle": "Pricing",
        "pageId": "501",
        "timeSpent": "12",
        "timestamp": MORNING + 5,
        **changed,
    }


def visit(*actions: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A visit with these actions; numbers are texts, as Matomo writes many."""
    return {
        "idSite": "1",
        "idVisit": "42",
        "visitorId": "0123456789abcdef",
        "userId": "u1",
        "visitIp": "192.0.2.7",
        "fingerprint": "feed",
        "deviceType": "Smartphone",
        "referrerType": "search",
        "referrerName": "Ecosia",
        "siteCurrency": "GBP",
        "firstActionTimestamp": str(MORNING),
        "lastActionTimestamp": MORNING + 60,
        "visitDuration": "60",
        "actionDetails": list(actions),
        **changed,
    }


def read(tmp_path: Path, *visits: dict[str, Any]) -> list[Outcome]:
    """What the reader makes of a list of visits."""
    return outcomes_of(matomo.read, orjson.dumps(visits), tmp_path, feed("matomo"))


def acted(tmp_path: Path, **changed: Any) -> Event:
    """The event of a visit's one action."""
    _, event = events(read(tmp_path, visit(action(**changed))))
    return event


def test_a_visit_is_a_session_and_its_actions(tmp_path: Path) -> None:
    """Each has its own id and time, all have the visit's visitor and device."""
    start, page = events(read(tmp_path, visit(action())))

    assert (start.kind, start.own_id, start.label) == ("session_started", "42", "search")
    assert (page.kind, page.own_id, page.label) == ("page_viewed", "42:action:501", "/pricing")
    assert (at(start), at(page)) == ("2026-01-05 09:00:00", "2026-01-05 09:00:05")
    assert people(start) == people(page)
    assert people(page) == {
        "actor user_id": "u1",
        "actor anonymous_id": "0123456789abcdef",
    }
    assert start.device_kind == page.device_kind == "mobile"
    assert page.properties == {"session_id": "42", "page_title": "Pricing"}
    assert "192.0.2.7" not in str(start)


@pytest.mark.parametrize(
    ("changed", "kind", "label"),
    [
        ({"type": "search", "siteSearchKeyword": "ada"}, "site_searched", "/pricing"),
        (
            {"type": "outlink", "url": "https://x.example/a?b=c"},
            "link_clicked",
            "https://x.example/a",
        ),
        (
            {"type": "download", "url": "https://larkspur.example/t.pdf"},
            "file_downloaded",
            "https://larkspur.example/t.pdf",
        ),
        (
            {"type": "event", "eventCategory": "Video", "eventAction": "Play Tour"},
            "play_tour",
            "Video",
        ),
        ({"type": "goal", "goalName": "Sign-up", "goalId": 3}, "goal_converted", "Sign-up"),
        ({"type": "ecommerceAbandonedCart"}, "cart_abandoned", "/pricing"),
        ({"type": "media"}, "media", "/pricing"),
    ],
)
def test_actions_are_named_by_what_they_are(
    tmp_path: Path, changed: dict[str, Any], kind: str, label: str
) -> None:
    """A search keyword is not kept: people type names."""
    event = acted(tmp_path, **changed)

    assert (event.kind, event.label) == (kind, label)
    assert "ada" not in str(event.properties)


def test_an_order_is_money_of_the_site(tmp_path: Path) -> None:
    """Its own id is the order's."""
    event = acted(tmp_path, type="ecommerceOrder", orderId="o1", revenue="19.99", pageId=None)

    assert (event.kind, event.own_id, event.object_id) == ("order_completed", "42:order:o1", "o1")
    assert (event.amount_cents, event.currency) == (1999, "GBP")


def test_an_open_visit_comes_again_with_the_same_ids(tmp_path: Path) -> None:
    """What changes while it is open is not kept, so what landed before is the same."""
    earlier = events(read(tmp_path, visit(action())))

    later = events(
        read(
            tmp_path,
            visit(
                action(timeSpent="300"),
                action(pageId="502", timestamp=MORNING + 305),
                lastActionTimestamp=MORNING + 360,
                visitDuration="360",
            ),
        )
    )

    assert later[:2] == earlier
    assert [event.own_id for event in later] == ["42", "42:action:501", "42:action:502"]


def test_actions_without_ids_are_told_apart(tmp_path: Path) -> None:
    """By their type, their time and their place among the like."""
    bare = action(pageId=None)

    found = events(read(tmp_path, visit(bare, bare)))

    stem = f"42:action:{MORNING + 5}"
    assert [event.own_id for event in found] == ["42", stem, f"{stem}:2"]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (visit(idVisit=None), "no idVisit"),
        (visit(firstActionTimestamp=None), "not a Unix time: 'None'"),
        (visit(actionDetails="x"), "actionDetails is no list of objects: 'x'"),
        (visit(action(timestamp="soon")), "not a Unix time: 'soon'"),
        (visit(action(type="")), "no type"),
        (visit(action(type="event")), "no eventAction"),
        (visit(visitorId="5.7E+17"), "no usable anonymous_id: '5.7E+17'"),
        (visit(action(type="ecommerceOrder", revenue="x")), "not an amount of money: 'x'"),
        (
            {"result": "error", "message": "token"},
            "Matomo answered with an error: token",
        ),
    ],
)
def test_a_damaged_visit_is_refused_whole_and_alone(
    tmp_path: Path, damaged: dict[str, Any], reason: str
) -> None:
    """No half of a visit lands; its neighbours do."""
    found = read(tmp_path, visit(idVisit="1"), damaged, visit(idVisit="3"))

    assert refused(found) == [(2, reason)]
    assert [event.own_id for event in events(found)] == ["1", "3"]
