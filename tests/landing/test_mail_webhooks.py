import copy
import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.email.deliveries import OUTCOMES, is_scan
from pipeline.landing.formats import FORMATS
from pipeline.landing.record import Event, Feed, Outcome, Raw, outcomes
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

REAL = Path(__file__).parents[3] / "shared" / "data" / "email_webhooks"
SENDERS = [
    *("sendgrid", "mailgun", "postmark", "amazon_ses", "mailjet", "brevo", "sparkpost"),
    *("mandrill", "resend"),
]
UNIX = 1_767_603_600
ISO = "2026-01-05T09:00:00.1234567Z"
SECOND = "2026-01-05 09:00:00"
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148"


def outcomes_by(
    sender: str, content: str, folder: Path, source: Feed | None = None
) -> list[Outcome]:
    """What the sender's reader makes of a file."""
    read = import_module(FORMATS[sender].module).read
    return outcomes_of(read, content, folder, source or feed(sender))


def events_by(sender: str, bodies: Any, folder: Path) -> list[Event]:
    """The events of webhook bodies, none of which is refused."""
    found = outcomes_by(sender, json.dumps(bodies), folder)
    assert refused(found) == []
    return events(found)


def mailgun(event: str, **changes: Any) -> dict[str, Any]:
    """What Mailgun posts of one mail to Ada."""
    told = {
        "event": event,
        "id": "ncV2",
        "timestamp": 1_767_603_600.153125,
        "recipient": "Ada@Example.org",
        "message": {"headers": {"message-id": "m1@larkspur.example"}},
        "tags": ["welcome", "spring"],
        **changes,
    }
    return {"signature": {"timestamp": "1", "token": "t"}, "event-data": told}


def postmark(record_type: str, **changes: Any) -> dict[str, Any]:
    """What Postmark posts of one mail to Ada."""
    clock = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt"}
    address = "Email" if record_type in {"Bounce", "SpamComplaint"} else "Recipient"
    clock_name = clock.get(record_type, "ReceivedAt")
    return {
        "RecordType": record_type,
        "MessageID": "m1",
        "Tag": "welcome",
        address: "Ada@Example.org",
        clock_name: ISO,
        **changes,
    }


def ses(event: str, told: Mapping[str, Any], *to: str, **mail: Any) -> dict[str, Any]:
    """What Amazon SES publishes of one mail to Ada, or to those named."""
    part = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
    return {
        "eventType": event,
        "mail": {
            "timestamp": "2026-01-05T09:00:00.123Z",
            "messageId": "m1",
            "destination": list(to or ["Ada@Example.org"]),
            "tags": {"ses:caller-identity": ["x"], "campaign": ["welcome"]},
            **mail,
        },
        part.get(event, event.lower()): {"timestamp": "2026-01-05T09:00:00.123Z", **told},
    }


def mailjet(event: str, **changes: Any) -> dict[str, Any]:
    """What Mailjet posts of one mail to Ada."""
    return {
        "event": event,
        "time": UNIX,
        "MessageID": 19421777835146490,
        "email": "Ada@Example.org",
        "mj_contact_id": 74,
        "customcampaign": "welcome",
        **changes,
    }


def brevo(event: str, **changes: Any) -> dict[str, Any]:
    """What Brevo posts of one mail to Ada."""
    return {
        "event": event,
        "email": "Ada@Example.org",
        "id": 26224,
        "date": "2026-01-05 10:00:00",
        "ts": UNIX + 3600,
        "ts_epoch": UNIX * 1000,
        "message-id": "<m1@larkspur.example>",
        "tags": ["welcome"],
        **changes,
    }


def sparkpost(event: str, **changes: Any) -> dict[str, Any]:
    """What SparkPost posts of one mail to Ada."""
    told = {
        "type": event,
        "event_id": "92356927693813856",
        "timestamp": str(UNIX),
        "rcpt_to": "Ada@Example.org",
        "message_id": "m1",
        "campaign_id": "welcome",
        **changes,
    }
    group = "track_event" if event in {"open", "click", "initial_open"} else "message_event"
    return {"msys": {group: told}}


def mandrill(event: str, mail: Mapping[str, Any] = {}, **changes: Any) -> dict[str, Any]:
    """What Mandrill posts of one mail to Ada."""
    told = {"_id": "m1", "ts": UNIX - 3600, "email": "Ada@Example.org", "tags": ["welcome"]}
    return {"event": event, "_id": "m1", "ts": UNIX, "msg": {**told, **mail}, **changes}


def resend(event: str, detail: Mapping[str, Any] = {}, **changes: Any) -> dict[str, Any]:
    """What Resend posts of one mail to Ada."""
    told = {"email_id": "m1", "to": ["Ada@Example.org"], "tags": {"category": "welcome"}}
    parts = {"bounced": "bounce", "opened": "open", "clicked": "click", "failed": "failed"}
    part = parts.get(event.partition(".")[2], "none")
    return {
        "type": event,
        "created_at": "2026-01-05T09:00:00.123Z",
        "data": {**told, part: detail},
        **changes,
    }


TO_ADA = {"bouncedRecipients": [{"emailAddress": "Ada@Example.org"}]}
MEANINGS: list[tuple[str, dict[str, Any], str]] = [
    ("mailgun", mailgun("accepted"), "sent"),
    ("mailgun", mailgun("delivered"), "delivered"),
    ("mailgun", mailgun("failed", severity="permanent", reason="bounce"), "bounced"),
    ("mailgun", mailgun("failed", severity="temporary", reason="greylisted"), "deferred"),
    ("mailgun", mailgun("failed", severity="permanent", reason="suppress-bounce"), "rejected"),
    ("mailgun", mailgun("rejected", reject={"reason": "Sandbox"}), "rejected"),
    ("mailgun", mailgun("opened"), "opened"),
    ("mailgun", mailgun("clicked", url="https://larkspur.example/a?t=1"), "clicked"),
    ("mailgun", mailgun("complained"), "complained"),
    ("mailgun", mailgun("unsubscribed"), "unsubscribed"),
    ("postmark", postmark("Delivery"), "delivered"),
    ("postmark", postmark("Bounce", Type="HardBounce", ID=9), "bounced"),
    ("postmark", postmark("Bounce", Type="Transient", ID=9), "deferred"),
    ("postmark", postmark("Bounce", Type="AutoResponder", ID=9), "autoresponded"),
    ("postmark", postmark("Bounce", Type="TemplateRenderingFailed", ID=9), "failed"),
    ("postmark", postmark("Open", FirstOpen=True), "opened"),
    ("postmark", postmark("Click", OriginalLink="https://larkspur.example/a?t=1"), "clicked"),
    ("postmark", postmark("SpamComplaint", ID=9), "complained"),
    ("postmark", postmark("SubscriptionChange", SuppressSending=True), "unsubscribed"),
    ("postmark", postmark("SubscriptionChange", SuppressSending=False), "subscribed"),
    ("amazon_ses", ses("Send", {}), "sent"),
    ("amazon_ses", ses("Delivery", {"recipients": ["Ada@Example.org"]}), "delivered"),
    ("amazon_ses", ses("Bounce", {"bounceType": "Permanent", **TO_ADA}), "bounced"),
    (
        "amazon_ses",
        ses("Complaint", {"complainedRecipients": [{"emailAddress": "Ada@Example.org"}]}),
        "complained",
    ),
    (
        "amazon_ses",
        ses("DeliveryDelay", {"delayedRecipients": [{"emailAddress": "Ada@Example.org"}]}),
        "deferred",
    ),
    ("amazon_ses", ses("Reject", {"reason": "Bad content"}), "rejected"),
    ("amazon_ses", ses("Rendering Failure", {"errorMessage": "no name"}), "failed"),
    ("amazon_ses", ses("Open", {}), "opened"),
    ("amazon_ses", ses("Click", {"link": "https://larkspur.example/a?t=1"}), "clicked"),
    (
        "amazon_ses",
        ses("Subscription", {"newTopicPreferences": {"unsubscribeAll": True}}),
        "unsubscribed",
    ),
    ("mailjet", mailjet("sent"), "delivered"),
    ("mailjet", mailjet("open"), "opened"),
    ("mailjet", mailjet("click", url="https://larkspur.example/a?t=1"), "clicked"),
    ("mailjet", mailjet("bounce", hard_bounce=True, error="user unknown"), "bounced"),
    ("mailjet", mailjet("bounce", hard_bounce=False, error="greylisted"), "deferred"),
    ("mailjet", mailjet("blocked", error="preblocked"), "rejected"),
    ("mailjet", mailjet("spam", source="JMRPP"), "complained"),
    ("mailjet", mailjet("unsub", mj_list_id=1), "unsubscribed"),
    ("brevo", brevo("request"), "sent"),
    ("brevo", brevo("delivered"), "delivered"),
    ("brevo", brevo("deferred", reason="full"), "deferred"),
    ("brevo", brevo("hard_bounce"), "bounced"),
    ("brevo", brevo("blocked"), "rejected"),
    ("brevo", brevo("error"), "failed"),
    ("brevo", brevo("opened"), "opened"),
    ("brevo", brevo("click", link="https://larkspur.example/a?t=1"), "clicked"),
    ("brevo", brevo("spam"), "complained"),
    ("brevo", brevo("unsubscribed"), "unsubscribed"),
    ("brevo", brevo("list_addition"), "subscribed"),
    ("sparkpost", sparkpost("injection"), "sent"),
    ("sparkpost", sparkpost("delivery"), "delivered"),
    ("sparkpost", sparkpost("delay", bounce_class="22"), "deferred"),
    ("sparkpost", sparkpost("bounce", bounce_class="10"), "bounced"),
    ("sparkpost", sparkpost("out_of_band", bounce_class="60"), "autoresponded"),
    ("sparkpost", sparkpost("policy_rejection"), "rejected"),
    ("sparkpost", sparkpost("generation_failure"), "failed"),
    ("sparkpost", sparkpost("initial_open"), "opened"),
    ("sparkpost", sparkpost("click", target_link_url="https://larkspur.example/a?t=1"), "clicked"),
    ("sparkpost", sparkpost("spam_complaint"), "complained"),
    ("sparkpost", sparkpost("link_unsubscribe"), "unsubscribed"),
    ("mandrill", mandrill("send"), "sent"),
    ("mandrill", mandrill("delivered"), "delivered"),
    ("mandrill", mandrill("deferral"), "deferred"),
    ("mandrill", mandrill("hard_bounce", {"diag": "550 ada@example.org"}), "bounced"),
    ("mandrill", mandrill("reject", {"reject": {"reason": "spam"}}), "rejected"),
    ("mandrill", mandrill("open"), "opened"),
    ("mandrill", mandrill("click", url="https://larkspur.example/a?t=1"), "clicked"),
    ("mandrill", mandrill("spam"), "complained"),
    ("mandrill", mandrill("unsub"), "unsubscribed"),
    ("resend", resend("email.scheduled"), "queued"),
    ("resend", resend("email.sent"), "sent"),
    ("resend", resend("email.delivered"), "delivered"),
    ("resend", resend("email.delivery_delayed"), "deferred"),
    ("resend", resend("email.bounced", {"type": "Permanent", "message": "no"}), "bounced"),
    ("resend", resend("email.suppressed"), "rejected"),
    ("resend", resend("email.failed", {"reason": "quota"}), "failed"),
    ("resend", resend("email.opened", {"userAgent": BROWSER}), "opened"),
    ("resend", resend("email.clicked", {"link": "https://larkspur.example/a?t=1"}), "clicked"),
    ("resend", resend("email.complained"), "complained"),
]


@pytest.mark.parametrize(("sender", "body", "outcome"), MEANINGS)
def test_every_sender_s_word_has_its_outcome(
    tmp_path: Path, sender: str, body: dict[str, Any], outcome: str
) -> None:
    """One kind, actor and direction for one outcome, whoever says it; the recipient is Ada."""
    (event,) = events_by(sender, [body], tmp_path)

    meaning = OUTCOMES[outcome]
    assert (event.kind, event.actor, event.direction) == meaning
    assert (at(event), event.label, event.channel) == (SECOND, "welcome", "email")
    assert people(event)["recipient email"] == "ada@example.org"
    assert event.object_id in {"m1", "m1@larkspur.example", "19421777835146490"}
    assert event.link == ("https://larkspur.example/a" if outcome == "clicked" else None)


def test_every_outcome_is_said_by_some_sender() -> None:
    """No word of the vocabulary is dead."""
    assert {outcome for *_, outcome in MEANINGS} == set(OUTCOMES)


UNKNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("mailgun", mailgun("dance"), "unknown event: 'dance'"),
    ("mailgun", mailgun("failed"), "unknown event: 'failed'"),
    ("mailgun", mailgun("opened", **{"client-info": {"bot": "rover"}}), "unknown bot: 'rover'"),
    ("mailgun", mailgun("opened", timestamp="soon"), "not a Unix time: 'soon'"),
    ("mailgun", mailgun("opened", recipient=""), "no recipient"),
    ("mailgun", mailgun("opened", recipient=["a"]), "recipient is no text: \"['a']\""),
    ("postmark", postmark("Dance"), "unknown event: 'Dance'"),
    ("postmark", postmark("Bounce", Type="Dance"), "unknown event: 'Bounce Dance'"),
    ("postmark", postmark("Delivery", DeliveredAt=None), "not an ISO 8601 time: ''"),
    (
        "postmark",
        postmark("SubscriptionChange", SuppressSending="yes"),
        "SuppressSending is neither true nor false: 'yes'",
    ),
    ("amazon_ses", ses("Dance", {}), "unknown event: 'Dance'"),
    ("amazon_ses", ses("Bounce", {"bounceType": "Odd", **TO_ADA}), "unknown bounceType: 'Odd'"),
    ("amazon_ses", ses("Open", {"timestamp": None}), "no timestamp in open"),
    ("amazon_ses", {"Type": "Notification", "Message": "hi"}, "Message holds no JSON"),
    ("mailjet", mailjet("dance"), "unknown event: 'dance'"),
    ("mailjet", mailjet("open", MessageID=1.5e17), "MessageID is no id: '1.5e+17'"),
    ("brevo", brevo("dance"), "unknown event: 'dance'"),
    ("brevo", brevo("opened", ts_epoch=None), "time without a zone: set time_zone"),
    ("brevo", brevo("opened", ts_epoch=None, date=None), "no time in ts_epoch, date_event or date"),
    ("sparkpost", sparkpost("sms_status"), "unknown event: 'sms_status'"),
    ("sparkpost", {"msys": {"a": {}, "b": {}}}, "msys holds 2 events where one is expected"),
    ("mandrill", mandrill("inbound"), "unknown event: 'inbound'"),
    ("resend", resend("email.received"), "unknown event: 'email.received'"),
]


@pytest.mark.parametrize(("sender", "body", "reason"), UNKNOWN)
def test_what_cannot_be_read_is_refused_alone(
    tmp_path: Path, sender: str, body: dict[str, Any], reason: str
) -> None:
    """An unknown word is refused by its name, a damaged value with its text; neighbours land."""
    good = next(each for name, each, _ in MEANINGS if name == sender)

    found = outcomes_by(sender, json.dumps([good, body, good]), tmp_path)

    ((number, why),) = refused(found)
    assert number == 2
    assert why.startswith(reason)
    assert [event.record_number for event in events(found)] == [1, 3]


@pytest.mark.parametrize("sender", SENDERS)
def test_a_truncated_file_loses_only_its_last_record(tmp_path: Path, sender: str) -> None:
    """A body that breaks off is a record that is refused."""
    good = next((each for name, each, _ in MEANINGS if name == sender), None)
    if good is None:
        good = {"email": "ada@example.org", "timestamp": UNIX, "event": "open"}
    whole = json.dumps(good)

    found = outcomes_by(sender, whole + "\n" + whole[:-20], tmp_path)

    assert [event.record_number for event in events(found)] == [1]
    assert [number for number, _ in refused(found)] == [2]


BOUNCES: list[tuple[str, dict[str, Any], str | None]] = [
    ("mailgun", mailgun("failed", severity="permanent"), "hard"),
    ("postmark", postmark("Bounce", Type="SoftBounce"), "soft"),
    ("postmark", postmark("Bounce", Type="Blocked"), "blocked"),
    ("amazon_ses", ses("Bounce", {"bounceType": "Transient", **TO_ADA}), "soft"),
    ("amazon_ses", ses("Bounce", {"bounceType": "Undetermined", **TO_ADA}), None),
    ("mailjet", mailjet("bounce", hard_bounce=False), "soft"),
    ("brevo", brevo("invalid_email"), "hard"),
    ("sparkpost", sparkpost("bounce", bounce_class="51"), "blocked"),
    ("sparkpost", sparkpost("bounce", bounce_class="1"), None),
    ("mandrill", mandrill("soft_bounce"), "soft"),
    ("resend", resend("email.bounced", {"type": "Transient"}), "soft"),
]


@pytest.mark.parametrize(("sender", "body", "bounce_type"), BOUNCES)
def test_a_bounce_says_whether_it_is_for_ever(
    tmp_path: Path, sender: str, body: dict[str, Any], bounce_type: str | None
) -> None:
    """Hard, soft or blocked, or nothing where the sender cannot tell."""
    (event,) = events_by(sender, [body], tmp_path)

    assert event.kind == "email_bounced"
    assert event.properties.get("bounce_type") == bounce_type


SCANNED = [{"ts": UNIX - 3597, "url": "https://a.example"}, {"ts": UNIX - 3596, "url": "b"}]
MACHINES: list[tuple[str, dict[str, Any], str | None]] = [
    ("mailgun", mailgun("opened", **{"client-info": {"bot": "apple"}}), "machine_open"),
    ("mailgun", mailgun("clicked", **{"client-info": {"bot": "generic"}}), "mail_scanner"),
    ("mailgun", mailgun("opened", **{"client-info": {"bot": "gmail"}}), None),
    ("postmark", postmark("Open", UserAgent="Mozilla/5.0"), "machine_open"),
    ("postmark", postmark("Open", UserAgent=BROWSER), None),
    ("postmark", postmark("Click", UserAgent="BarracudaCentral/1.0"), "mail_scanner"),
    (
        "postmark",
        postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"),
        "suppression",
    ),
    ("postmark", postmark("Bounce", Type="AutoResponder"), "auto_reply"),
    ("amazon_ses", ses("Open", {"userAgent": "python-requests/2.31"}), "script"),
    (
        "amazon_ses",
        ses("Open", {"userAgent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}),
        None,
    ),
    ("mailjet", mailjet("open", agent="Mozilla/5.0"), "machine_open"),
    ("brevo", brevo("unique_proxy_open"), "machine_open"),
    ("sparkpost", sparkpost("open", user_agent_parsed={"is_prefetched": True}), "machine_open"),
    ("mandrill", mandrill("click", {"clicks": SCANNED}, url="b"), "mail_scanner"),
    ("mandrill", mandrill("click", {"clicks": SCANNED[:1]}, url="b"), None),
    ("resend", resend("email.clicked", {"link": "b", "userAgent": "curl/8"}), "script"),
]


@pytest.mark.parametrize(("sender", "body", "reason"), MACHINES)
def test_what_no_person_did_says_why(
    tmp_path: Path, sender: str, body: dict[str, Any], reason: str | None
) -> None:
    """A machine's opening is landed with its reason, so that it is no sign of a customer's life."""
    (event,) = events_by(sender, [body], tmp_path)

    assert event.machine_reason == reason


@pytest.mark.parametrize("clicks", [[(1, "a"), (2, "b")], [(10_000_000, "a"), (10_000_000, "b")]])
def test_several_links_at_once_are_a_scanner_s(clicks: list[tuple[int, str]]) -> None:
    """Two links within ten seconds of sending: nobody reads so fast."""
    assert is_scan(0, clicks)


@pytest.mark.parametrize(
    "clicks", [[], [(1, "a"), (2, "a")], [(10_000_000, "a"), (10_000_001, "b")]]
)
def test_one_link_or_a_slow_reader_is_no_scanner(clicks: list[tuple[int, str]]) -> None:
    """One link twice, or the second after ten seconds."""
    assert not is_scan(0, clicks)


def test_each_recipient_of_amazon_s_record_has_an_event(tmp_path: Path) -> None:
    """A bounce of two addresses is two events with two ids; who opened is not known."""
    bounced = {
        "bounceType": "Permanent",
        "feedbackId": "f1",
        "bouncedRecipients": [
            {"emailAddress": "ada@example.org"},
            {"emailAddress": "bob@b.example"},
        ],
    }
    bodies = [ses("Bounce", bounced), ses("Open", {}, "ada@example.org", "bob@b.example")]

    found = events_by("amazon_ses", bodies, tmp_path)

    assert [(event.record_number, event.kind, event.own_id) for event in found] == [
        (1, "email_bounced", "f1 ada@example.org"),
        (1, "email_bounced", "f1 bob@b.example"),
        (2, "email_opened", None),
    ]
    assert [person.role for person in found[2].identifiers] == ["mentioned", "mentioned"]


def test_amazon_s_notifications_come_in_several_wrappings(tmp_path: Path) -> None:
    """SNS wraps them as text and says its own things besides; EventBridge wraps them as detail."""
    plain = ses("Open", {})
    bodies = [
        plain,
        {"Type": "Notification", "MessageId": "d1", "Message": json.dumps(plain)},
        {"detail-type": "Email Opened", "detail": plain},
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen"},
        {
            "Type": "Notification",
            "Message": "Successfully validated SNS topic for Amazon SES event publishing.",
        },
    ]

    found = outcomes_by("amazon_ses", "\n".join(map(json.dumps, bodies)), tmp_path)

    assert [event.own_id for event in events(found)] == [None, "d1", None]
    assert len({at(event) for event in events(found)}) == 1
    assert ignored(found) == [(4, "subscription_confirmation"), (5, "topic_validation")]


def test_mandrill_s_bodies_are_read_as_they_were_posted(tmp_path: Path) -> None:
    """A form a line, each with a list; a damaged one is refused alone."""
    bodies = [[mandrill("open"), mandrill("click", url="b")], [mandrill("unsub")]]
    lines = [urlencode({"mandrill_events": json.dumps(body)}) for body in bodies]
    lines.insert(1, "mandrill_events=%5B%7B")

    found = outcomes_by("mandrill", "\n".join(lines), tmp_path)

    assert [(e.record_number, e.kind) for e in events(found)] == [
        (1, "email_opened"),
        (2, "email_clicked"),
        (4, "email_unsubscribed"),
    ]
    assert [number for number, _ in refused(found)] == [3]


@pytest.mark.parametrize(
    ("sender", "body", "rule"),
    [
        ("sparkpost", {"msys": {}}, "ping"),
        ("mandrill", {"type": "blacklist", "action": "add", "ts": UNIX}, "sync"),
        ("resend", {"type": "domain.created", "created_at": ISO, "data": {}}, "domain.created"),
        (
            "resend",
            {"type": "contact.updated", "created_at": ISO, "data": {"unsubscribed": False}},
            "contact.updated",
        ),
    ],
)
def test_what_is_no_customer_s_event_is_left_out_by_rule(
    tmp_path: Path, sender: str, body: dict[str, Any], rule: str
) -> None:
    """A sender's news of itself is counted, and is no event."""
    assert ignored(outcomes_by(sender, json.dumps([body]), tmp_path)) == [(1, rule)]


def test_a_first_opening_told_twice_is_one_event(tmp_path: Path) -> None:
    """Brevo may send both of its words for it; another opening is another event."""
    bodies = [brevo("unique_opened"), brevo("opened"), brevo("opened", ts_epoch=UNIX * 1000 + 5000)]

    first, again, later = (event.own_id for event in events_by("brevo", bodies, tmp_path))

    assert first == again
    assert later != first


def test_resend_does_not_say_who_of_several_opened(tmp_path: Path) -> None:
    """Told of all it is each one's event; told of one of them it is nobody's for sure."""
    two = {"email_id": "m1", "to": ["ada@example.org", "bob@example.org"]}
    bodies = [resend("email.sent", data=two), resend("email.delivered", data=two)]

    found = events_by("resend", bodies, tmp_path)

    assert [(e.kind, [p.role for p in e.identifiers]) for e in found] == [
        ("email_sent", ["recipient"]),
        ("email_sent", ["recipient"]),
        ("email_delivered", ["mentioned", "mentioned"]),
    ]


def test_a_contact_of_resend_s_comes_and_goes(tmp_path: Path) -> None:
    """Created and willing is subscribed, updated and unwilling is unsubscribed."""
    told = {"id": "c1", "email": "ada@example.org"}
    bodies = [
        resend("contact.created", data={**told, "unsubscribed": False}),
        resend("contact.updated", data={**told, "unsubscribed": True}),
    ]

    found = events_by("resend", bodies, tmp_path)

    assert [event.kind for event in found] == ["email_subscribed", "email_unsubscribed"]
    assert people(found[0]) == {
        "recipient email": "ada@example.org",
        "recipient resend_contact": "c1",
    }


def test_staff_who_try_a_mail_out_are_no_customers(tmp_path: Path) -> None:
    """An address at the company's own domain is staff here as in raw mail."""
    source = feed("mailgun", domains=("larkspur.example",))
    body = json.dumps(mailgun("opened", recipient="eve@mail.larkspur.example"))

    (event,) = events(outcomes_by("mailgun", body, tmp_path, source))

    assert people(event) == {"agent email": "eve@mail.larkspur.example"}


def test_servers_words_lose_their_personal_data(tmp_path: Path) -> None:
    """A bounce quotes the address; a subject may hold one."""
    body = mandrill("hard_bounce", {"diag": "550 ada@example.org", "subject": "For bob@b.example"})

    (event,) = events_by("mandrill", [body], tmp_path)

    assert event.properties["response"] == "550 [email]"
    assert event.properties["subject"] == "For [email]"


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a JSON document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = [at] if at else []
    if isinstance(value, dict | list):
        for name, each in inner:
            found += places(each, (*at, name)) if isinstance(each, dict | list) else [(*at, name)]
    return found


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from(MEANINGS), st.data())
def test_a_damaged_body_has_one_fate(
    meaning: tuple[str, dict[str, Any], str], data: st.DataObject
) -> None:
    """Whatever stands anywhere in a body, it is landed, refused or ignored, and can be kept."""
    sender, body, _ = meaning
    damaged = copy.deepcopy(body)
    *way, last = data.draw(st.sampled_from(places(damaged)))
    holder = damaged
    for name in way:
        holder = holder[name]
    holder[last] = data.draw(ANY_JSON)
    interpret = import_module(FORMATS[sender].module).interpret

    found = list(
        outcomes(
            [Raw(1, "", damaged)], lambda number, value: interpret(number, value, feed(sender))
        )
    )

    assert {outcome.record_number for outcome in found} == {1}
    for event in events(found):
        assert orjson.dumps(event.properties, option=orjson.OPT_SORT_KEYS, default=str)


@pytest.mark.parametrize(
    ("sender", "landed", "reasons"),
    [
        ("sendgrid", 10, set()),
        # Three say neither whom nor when.
        ("mailgun", 9, {"not a Unix time: 'None'"}),
        ("postmark", 8, {"not an ISO 8601 time: ''"}),
        (
            "amazon_ses",
            6,
            {
                "no timestamp in bounce",
                "no timestamp in complaint",
                "no timestamp in mail",
                "unknown event: 'Received'",
            },
        ),
    ],
)
def test_every_real_webhook_is_landed_or_refused(
    tmp_path: Path, sender: str, landed: int, reasons: set[str]
) -> None:
    """Real bodies, one per line; only those without a time, or of received mail, are refused."""
    path = REAL / f"{sender}.jsonl"
    if not path.exists():
        pytest.skip(f"no real data at {path}")
    rows = [json.loads(line)["payload"] for line in path.read_text().splitlines()]
    bodies = [row if isinstance(row, str) else json.dumps(row) for row in rows]

    found = outcomes_by(sender, "\n".join(bodies), tmp_path)

    assert {outcome.record_number for outcome in found} == set(range(1, len(rows) + 1))
    assert len({event.record_number for event in events(found)}) == landed
    assert len(refused(found)) == len(rows) - landed
    assert {reason for _, reason in refused(found)} == reasons
