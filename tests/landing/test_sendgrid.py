import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing.email.sendgrid import read
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

SOURCE = feed("sendgrid")
REAL = Path(__file__).parents[3] / "shared" / "data" / "email_webhooks" / "sendgrid.jsonl"


def webhook(event: str = "delivered", **changes: Any) -> dict[str, Any]:
    """What SendGrid says of one mail to Ada."""
    return {
        "email": "Ada@Example.org",
        "timestamp": 1_767_603_600,
        "event": event,
        "sg_event_id": f"{event}-1",
        "sg_message_id": "wrfR.filter0425p1mdw1.13037.57168B4A1D.0",
        "smtp-id": "<wrfR@larkspur.example>",
        "category": ["welcome"],
        "ip": "100.64.3.9",
        **changes,
    }


KINDS = [
    ("processed", "email_sent", "system", "outbound"),
    ("delivered", "email_delivered", "system", "outbound"),
    ("deferred", "email_deferred", "system", "outbound"),
    ("bounce", "email_bounced", "system", "outbound"),
    ("dropped", "email_rejected", "system", "outbound"),
    ("open", "email_opened", "customer", "inbound"),
    ("click", "email_clicked", "customer", "inbound"),
    ("spamreport", "email_complained", "customer", "inbound"),
    ("unsubscribe", "email_unsubscribed", "customer", "inbound"),
    ("group_unsubscribe", "email_unsubscribed", "customer", "inbound"),
]


@pytest.mark.parametrize(("event", "kind", "actor", "direction"), KINDS)
def test_each_webhook_event_has_its_kind(
    tmp_path: Path, event: str, kind: str, actor: str, direction: str
) -> None:
    """The system sends, the customer opens and clicks; the recipient is the customer in all."""
    found = events(outcomes_of(read, json.dumps([webhook(event)]), tmp_path, SOURCE))[0]

    assert (found.kind, found.actor, found.direction) == (kind, actor, direction)
    assert (found.own_id, found.object_id) == (f"{event}-1", "wrfR")
    assert at(found) == "2026-01-05 09:00:00"
    assert people(found) == {"recipient email": "ada@example.org"}


@pytest.mark.parametrize(
    ("category", "label"),
    [(["renewal", "spring"], "renewal"), ("renewal", "renewal"), ([], None), (None, None)],
)
def test_the_label_is_the_first_category(tmp_path: Path, category: Any, label: str | None) -> None:
    """SendGrid sends a list, plain text or nothing."""
    found = events(outcomes_of(read, json.dumps([webhook(category=category)]), tmp_path, SOURCE))

    assert [event.label for event in found] == [label]


def test_an_open_by_apple_s_servers_is_a_machine_s(tmp_path: Path) -> None:
    """It says nothing of the customer, unlike an open without that mark."""
    opens = [webhook("open", sg_machine_open=True), webhook("open", sg_machine_open=False)]

    found = events(outcomes_of(read, json.dumps(opens), tmp_path, SOURCE))

    assert [event.machine_reason for event in found] == ["machine_open", None]


@pytest.mark.parametrize(
    ("useragent", "device", "reason"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", "mobile", None),
        ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", None, None),
        ("curl/8.0", "other", "script"),
        ("", None, None),
    ],
)
def test_an_open_says_on_what_and_by_whom(
    tmp_path: Path, useragent: str, device: str | None, reason: str | None
) -> None:
    """A provider that fetches pictures for its customers hides the device, not the person."""
    opened = json.dumps([webhook("open", useragent=useragent)])

    found = events(outcomes_of(read, opened, tmp_path, SOURCE))[0]

    assert (found.device_kind, found.machine_reason) == (device, reason)


def test_the_sender_s_own_arguments_are_kept_without_personal_data(tmp_path: Path) -> None:
    """Custom fields stay, a server's words lose their addresses, a link its query."""
    click = webhook(
        "click",
        plan="Fibre 100",
        reason="550 unknown user ada@example.org",
        url="https://my.larkspur.example/offer?token=t#top",
    )

    found = events(outcomes_of(read, json.dumps([click]), tmp_path, SOURCE))[0]

    assert found.link == "https://my.larkspur.example/offer"
    assert found.properties == {
        "plan": "Fibre 100",
        "reason": "550 unknown user [email]",
        "smtp-id": "<wrfR@larkspur.example>",
    }


def test_an_address_that_is_none_lands_without_a_customer(tmp_path: Path) -> None:
    """Such mail is dropped for that very reason, and the company should see how often."""
    found = events(
        outcomes_of(read, json.dumps([webhook("dropped", email="ada at home")]), tmp_path, SOURCE)
    )

    assert [(event.kind, event.identifiers) for event in found] == [("email_rejected", ())]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (webhook(timestamp="soon"), "not a Unix time: 'soon'"),
        (webhook("dance"), "unknown event: 'dance'"),
        (webhook(email=""), "no recipient: email is empty"),
        (webhook(timestamp=4_070_908_800), "time in the future: 2099-01-01 00:00"),
    ],
)
def test_what_cannot_be_read_is_refused_alone(tmp_path: Path, bad: Any, reason: str) -> None:
    """The event beside it is landed."""
    found = outcomes_of(read, json.dumps([bad, webhook("open")]), tmp_path, SOURCE)

    assert refused(found) == [(1, reason)]
    assert len(events(found)) == 1


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([webhook(), webhook("open")]),
        json.dumps(webhook()) + "\n" + json.dumps(webhook("open")) + "\n",
        json.dumps([webhook()]) + "\n" + json.dumps([webhook("open")]) + "\n",
    ],
    ids=["list", "events per line", "lists per line"],
)
def test_every_container_gives_the_same_records(tmp_path: Path, content: str) -> None:
    """One list, an event per line, and a webhook's list per line are read alike."""
    found = outcomes_of(read, content, tmp_path, SOURCE)

    assert [outcome.record_number for outcome in found] == [1, 2]
    assert [event.own_id for event in events(found)] == ["delivered-1", "open-1"]


@pytest.mark.skipif(not REAL.exists(), reason=f"no real data at {REAL}")
def test_every_real_webhook_is_landed(tmp_path: Path) -> None:
    """Real bodies, one per line: all known events, all with a recipient but the invalid one."""
    lines = [json.loads(line)["payload"] for line in REAL.read_text().splitlines()]

    found = outcomes_of(read, "\n".join(map(json.dumps, lines)), tmp_path, SOURCE)

    assert refused(found) == []
    assert len(events(found)) == len(lines)
    assert [e.properties["reason"] for e in events(found) if not e.identifiers] == ["Invalid"]
