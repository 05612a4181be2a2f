import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.email import iterable, klaviyo, mailchimp
from pipeline.landing.record import Event, Outcome
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SEEDS = Path(__file__).parents[3] / "shared/data/crm_and_support_seeds/mailchimp"
ADA = hashlib.md5(b"ada@example.org", usedforsecurity=False).hexdigest()
SECOND = "2026-01-05 09:00:00"
STAMP = "2026-01-05 09:00:00"


def table(header: str, *rows: str, folder: Path, zone: str | None = "UTC") -> list[Outcome]:
    """What a Mailchimp table becomes."""
    content = "\n".join([header, *rows]) + "\n"
    return outcomes_of(mailchimp.read, content, folder, feed("mailchimp", zone=zone))


ACTIVITY = "action,campaign_id,member_id,timestamp,bounce_type,url,list_id"


@pytest.mark.parametrize(
    ("row", "kind", "bounce_type"),
    [
        (f"open,c1,{ADA},{STAMP},,,l1", "email_opened", None),
        (f"click,c1,{ADA},{STAMP},,https://a.example/b?c=d,l1", "email_clicked", None),
        (f"bounce,c1,{ADA},{STAMP},hard,,l1", "email_bounced", "hard"),
    ],
)
def test_a_recipient_s_activity_is_an_event(
    tmp_path: Path, row: str, kind: str, bounce_type: str | None
) -> None:
    """The campaign is the label, the md5 of the address names the subscriber."""
    (event,) = events(table(ACTIVITY, row, folder=tmp_path))

    assert (event.kind, event.label, at(event)) == (kind, "c1", SECOND)
    assert people(event) == {"recipient mailchimp_subscriber": ADA}
    assert event.properties.get("bounce_type") == bounce_type
    assert event.link == ("https://a.example/b" if kind == "email_clicked" else None)


def test_an_audience_export_tells_who_came_and_went(tmp_path: Path) -> None:
    """The subscriber's md5 is made of the address, so that reports by md5 find the same one."""
    header = "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,CLEAN_TIME,UNSUB_REASON"
    rows = [
        f"Ada@Example.org,Ada,2,{STAMP},,,",
        f"bob@example.org,Bob,2,{STAMP},2026-02-01 10:00:00,,NORMAL",
        f"eve@example.org,Eve,2,{STAMP},,2026-03-01 10:00:00,",
    ]

    found = events(table(header, *rows, folder=tmp_path))

    assert people(found[0]) == {
        "recipient email": "ada@example.org",
        "recipient mailchimp_subscriber": ADA,
    }
    assert [(event.record_number, event.kind) for event in found] == [
        (1, "email_subscribed"),
        (2, "email_subscribed"),
        (2, "email_unsubscribed"),
        (3, "email_subscribed"),
        (3, "email_bounced"),
    ]


def test_fivetran_s_stamps_are_utc_and_others_need_a_zone(tmp_path: Path) -> None:
    """Fivetran marks its tables; a stamp of another table without a zone is refused."""
    row = f"open,c1,{ADA},{STAMP},,,l1"

    marked = table(f"{ACTIVITY},_fivetran_synced", f"{row},x", folder=tmp_path, zone=None)
    bare = table(ACTIVITY, row, folder=tmp_path, zone=None)

    assert [at(event) for event in events(marked)] == [SECOND]
    assert refused(bare) == [(1, "time without a zone: set time_zone for this source")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"dance,c1,{ADA},{STAMP},,,l1", "unknown event: 'dance'"),
        (f"open,c1,4.9E+31,{STAMP},,,l1", "a subscriber's id that is no md5: '4.9E+31'"),
        (f"open,c1,{ADA},,,,l1", "no time in timestamp"),
        (f"bounce,c1,{ADA},{STAMP},odd,,l1", "unknown bounce_type: 'odd'"),
        (f"open,c1,,{STAMP},,,l1", "no recipient"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_alone(tmp_path: Path, row: str, reason: str) -> None:
    """Its neighbours land."""
    good = f"open,c1,{ADA},{STAMP},,,l1"

    found = table(ACTIVITY, good, row, good, folder=tmp_path)

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2


def test_tables_without_customers_or_times_are_left_out_by_rule(tmp_path: Path) -> None:
    """Whom a campaign went to stands in a table that does not say when."""
    recipients = table("campaign_id,member_id,list_id", f"c1,{ADA},l1", folder=tmp_path)
    lists = table("id,list_rating,name", "l1,0.0,All", folder=tmp_path)

    assert ignored(recipients) == [(1, "recipient without time")]
    assert ignored(lists) == [(1, "no customer event")]


def test_a_table_that_is_none_of_mailchimp_s_is_refused(tmp_path: Path) -> None:
    """The message names the nearest table and what it would need."""
    with pytest.raises(SourceRefused, match="no Mailchimp table known here"):
        table("colour,shape", "red,round", folder=tmp_path)


@pytest.mark.skipif(not SEEDS.exists(), reason=f"no real data at {SEEDS}")
def test_every_real_mailchimp_row_has_one_fate(tmp_path: Path) -> None:
    """Of twelve tables four hold events: 35 rows land, the others are left out by rule."""
    landed = read = left_out = 0
    for path in sorted(SEEDS.rglob("*.csv")):
        found = outcomes_of(mailchimp.read, path.read_bytes(), tmp_path, feed("mailchimp"))
        assert refused(found) == []
        read += len({outcome.record_number for outcome in found})
        landed += len({event.record_number for event in events(found)})
        left_out += len(ignored(found))

    assert (read, landed, left_out) == (58, 35, 23)


def klaviyo_event(metric: str, **properties: Any) -> dict[str, Any]:
    """An event of the API with its metric and profile beside it."""
    return {
        "type": "event",
        "id": "4vRpBT",
        "attributes": {
            "timestamp": 1_767_603_600,
            "datetime": "2026-01-05T09:00:00+00:00",
            "uuid": "u1",
            "metric": {"attributes": {"name": metric}},
            "event_properties": {"Campaign Name": "Welcome", "$message": "m1", **properties},
            "profile": {
                "id": "01GD",
                "attributes": {"email": "Ada@Example.org", "phone_number": "+442071234567"},
            },
        },
    }


def klaviyo_events(*values: dict[str, Any], folder: Path) -> list[Outcome]:
    """What Klaviyo's events become."""
    content = "\n".join(map(json.dumps, values))
    return outcomes_of(klaviyo.read, content, folder, feed("klaviyo"), name="events.jsonl")


KLAVIYO = [
    ("Received Email", {}, "email_delivered", None),
    ("Opened Email", {}, "email_opened", None),
    ("Opened Email", {"machine_open": True}, "email_opened", "machine_open"),
    ("Clicked Email", {"URL": "https://a.example/b?c=d"}, "email_clicked", None),
    ("Bounced Email", {"Bounce Type": "Hard"}, "email_bounced", None),
    ("Dropped Email", {}, "email_rejected", None),
    ("Marked Email as Spam", {}, "email_complained", None),
    ("Unsubscribed from Email Marketing", {}, "email_unsubscribed", None),
    ("Subscribed to List", {}, "email_subscribed", None),
]


@pytest.mark.parametrize(("metric", "properties", "kind", "reason"), KLAVIYO)
def test_klaviyo_s_metrics_have_their_kinds(
    tmp_path: Path, metric: str, properties: dict[str, Any], kind: str, reason: str | None
) -> None:
    """The campaign is the label; a picture fetched by Apple is a machine's opening."""
    found = klaviyo_events(klaviyo_event(metric, **properties), folder=tmp_path)

    (event,) = events(found)
    assert (event.kind, event.machine_reason, event.label) == (kind, reason, "Welcome")
    assert (event.own_id, event.object_id, at(event)) == ("u1", "m1", SECOND)
    assert people(event) == {
        "recipient klaviyo_profile": "01GD",
        "recipient email": "ada@example.org",
        "recipient phone": "+442071234567",
    }


def test_klaviyo_s_older_events_and_tables_say_the_same(tmp_path: Path) -> None:
    """The first API had a person and an event_name; a table has columns."""
    old = {
        "object": "event",
        "event_name": "Opened Email",
        "timestamp": 1_767_603_600,
        "uuid": "u1",
        "person": {"id": "01GD", "$email": "ada@example.org"},
        "event_properties": {"Campaign Name": "Welcome"},
    }
    csv = (
        "id,type,datetime,person_id,property_campaign_name,uuid\n"
        "e1,Opened Email,2026-01-05 09:00:00+00:00,01GD,Welcome,u1\n"
    )

    told = events(klaviyo_events(old, folder=tmp_path))
    told += events(outcomes_of(klaviyo.read, csv, tmp_path, feed("klaviyo"), name="event.csv"))

    assert [(e.kind, e.label, at(e), e.own_id) for e in told] == [
        ("email_opened", "Welcome", SECOND, "u1")
    ] * 2
    assert people(told[1]) == {"recipient klaviyo_profile": "01GD"}


def test_a_company_s_own_metric_lands_under_its_own_name(tmp_path: Path) -> None:
    """What customers did in the shop is an event of the web, by the customer."""
    found = klaviyo_events(klaviyo_event("Placed Order", Items=["a"]), folder=tmp_path)

    (event,) = events(found)
    assert (event.kind, event.channel, event.actor) == ("placed_order", "web", "customer")
    assert people(event)["actor email"] == "ada@example.org"
    assert event.properties == {"Campaign Name": "Welcome", "$message": "m1"}


NO_METRIC = {"datetime": "2026-01-05T09:00:00Z", "person": {"id": "01GD"}, "metric_id": "Xy"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (klaviyo_event("Received SMS"), "unknown event: 'Received SMS'"),
        (klaviyo_event("Bounced Email", **{"Bounce Type": "odd"}), "unknown Bounce Type: 'odd'"),
        (
            NO_METRIC,
            "no name of a metric: export the events with event_name or metric.name",
        ),
        ({"event_name": "Opened Email", "datetime": "2026-01-05T09:00:00Z"}, "no recipient"),
        ({"event_name": "Opened Email", "timestamp": "soon"}, "not an ISO 8601 time: 'soon'"),
    ],
)
def test_a_klaviyo_event_that_cannot_be_read_is_refused_alone(
    tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    """Its neighbours land."""
    good = klaviyo_event("Opened Email")

    found = klaviyo_events(good, bad, good, folder=tmp_path)

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2


def iterable_events(
    *values: dict[str, Any], folder: Path, name: str = "events.json"
) -> list[Outcome]:
    """What Iterable's events become."""
    content = "\n".join(map(json.dumps, values))
    return outcomes_of(iterable.read, content, folder, feed("iterable"), name=name)


def iterable_event(word: str | None, **changes: Any) -> dict[str, Any]:
    """A line of an export."""
    given = {} if word is None else {"eventName": word}
    return {
        **given,
        "email": "Ada@Example.org",
        "userId": "u-1",
        "createdAt": "2026-01-05 10:00:00 +01:00",
        "campaignId": 7,
        "messageId": "m1",
        **changes,
    }


ITERABLE = [
    ("emailSend", {}, "email_sent"),
    ("emailSendSkip", {"reason": "DuplicateMarketingMessage"}, "email_rejected"),
    ("emailOpen", {}, "email_opened"),
    ("emailClick", {"url": "https://a.example/b?c=d"}, "email_clicked"),
    ("emailBounce", {"recipientState": "HardBounce"}, "email_bounced"),
    ("emailComplaint", {}, "email_complained"),
    ("emailSubscribe", {}, "email_subscribed"),
    ("emailUnSubscribe", {}, "email_unsubscribed"),
]


@pytest.mark.parametrize(("word", "changes", "kind"), ITERABLE)
def test_iterable_s_events_have_their_kinds(
    tmp_path: Path, word: str, changes: dict[str, Any], kind: str
) -> None:
    """In an export, in an export of one type that only its file names, and in a webhook."""
    exported = events(iterable_events(iterable_event(word, **changes), folder=tmp_path))
    named = events(
        iterable_events(
            iterable_event(None, **changes), folder=tmp_path, name=f"{word}-2026-01.json"
        )
    )
    posted = {"email": "Ada@Example.org", "eventName": word}
    posted["dataFields"] = iterable_event(None, **changes)
    hooked = events(iterable_events(posted, folder=tmp_path))

    def told(event: Event) -> tuple[Any, ...]:
        return event.kind, at(event), event.label, event.object_id, people(event)

    people_of = {"recipient email": "ada@example.org", "recipient user_id": "u-1"}
    assert told(exported[0]) == (kind, SECOND, "7", "m1", people_of)
    assert list(map(told, named + hooked)) == [told(exported[0])] * 2


def test_iterable_s_table_and_machines_are_known(tmp_path: Path) -> None:
    """A CSV has the same names; Apple's proxy is no reader."""
    csv = "createdAt,email,proxySource\n2026-01-05 09:00:00 +00:00,ada@example.org,Apple\n"

    (event,) = events(
        outcomes_of(iterable.read, csv, tmp_path, feed("iterable"), name="emailOpen.csv")
    )

    assert (event.kind, event.machine_reason) == ("email_opened", "machine_open")


def test_a_company_s_own_event_lands_under_its_own_name(tmp_path: Path) -> None:
    """Its fields that are short are kept, whom it is of is not kept twice."""
    (event,) = events(
        iterable_events(iterable_event("trialStarted", plan="pro", items=[1]), folder=tmp_path)
    )

    assert (event.kind, event.kind_raw, event.channel) == ("trial_started", "trialStarted", "web")
    assert event.properties == {"campaignId": 7, "messageId": "m1", "plan": "pro"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (iterable_event("smsSend"), "unknown event: 'smsSend'"),
        (iterable_event("emailDance"), "unknown event: 'emailDance'"),
        (iterable_event(None), "no event: neither eventName nor the file's name says which"),
        (iterable_event("emailOpen", createdAt="soon"), "not an ISO 8601 time: 'soon'"),
        (iterable_event("emailOpen", email=None, userId=None), "no recipient"),
        (iterable_event("emailBounce", recipientState="odd"), "unknown recipientState: 'odd'"),
        (iterable_event("????"), "unknown event: '????'"),
    ],
)
def test_an_iterable_event_that_cannot_be_read_is_refused_alone(
    tmp_path: Path, bad: dict[str, Any], reason: str
) -> None:
    """Its neighbours land."""
    good = iterable_event("emailOpen")

    found = iterable_events(good, bad, good, folder=tmp_path)

    assert refused(found) == [(2, reason)]
    assert len(events(found)) == 2


def test_a_handle_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """The event lands by the other handle, and tells which one was damaged."""
    (ours,) = events(
        iterable_events(iterable_event("emailOpen", email="ada at home"), folder=tmp_path)
    )
    odd = klaviyo_event("Opened Email")
    odd["attributes"]["profile"]["attributes"]["phone_number"] = "none"
    (theirs,) = events(klaviyo_events(odd, folder=tmp_path))

    assert people(ours) == {"recipient user_id": "u-1"}
    assert ours.properties["unreadable"] == ["email"]
    assert theirs.properties["unreadable"] == ["phone"]
