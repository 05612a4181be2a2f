"""SparkPost events to events: one record per event.

Source: event webhooks as posted (a list of `msys` objects) and the Events API (`results`).
Used: type event_id timestamp rcpt_to raw_rcpt_to message_id campaign_id template_id rcpt_tags
rcpt_meta user_agent user_agent_parsed.is_prefetched target_link_url bounce_class error_code
reason raw_reason subject rcpt_type. Left out: transmission and routing fields, geo_ip, ip_address.
Identifiers: email. Clock: `timestamp`, Unix seconds as text in webhooks, ISO 8601 in the API.
Relay, ingest and text-message events are no mail of the company's: they are refused by their word.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.email.deliveries import (
    Notice,
    events,
    outcome_of,
    text_at,
    texts_at,
)
from pipeline.landing.json_fields import id_of, object_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, outcomes

# A webhook's body, or the fields of all kinds of event, which the API gives without it.
RECORD_FIELDS = frozenset(
    {
        *("msys", "type", "event_id", "timestamp", "ab_test", "ab_test_id", "ab_test_version"),
        *("amp_enabled", "bounce_class", "campaign_id", "click_tracking", "customer_id"),
        *("delv_method", "device_token", "dr_latency", "error_code", "fbtype", "friendly_from"),
        *("geo_ip", "initial_pixel", "injection_time", "ip_address", "ip_pool", "mailbox_provider"),
        *("mailbox_provider_region", "mailfrom", "message_id", "msg_from", "msg_size"),
        *("num_retries", "open_tracking", "origination", "outbound_tls", "queue_time"),
        *("raw_rcpt_to", "raw_reason", "rcpt_hash", "rcpt_meta", "rcpt_subs", "rcpt_tags"),
        *("rcpt_to", "rcpt_type", "reason", "recipient_domain", "recv_method", "relay_id"),
        *("remote_addr", "report_by", "report_to", "routing_domain", "scheduled_time"),
        *("sending_ip", "sms_coding", "sms_dst", "sms_dst_npi", "sms_dst_ton", "sms_remoteids"),
        *("sms_segments", "sms_src", "sms_src_npi", "sms_src_ton", "sms_text", "stat_state"),
        *("stat_type", "subaccount_id", "subject", "target_link_name", "target_link_url", "tdate"),
        *("template_id", "template_version", "transactional", "transmission_id", "user_agent"),
        *("user_agent_parsed", "user_str", "webhook_id", "binding", "binding_group"),
    }
)
# The API writes numbers and flags where webhooks write texts.
VARIED_FIELDS = frozenset(
    {
        "ab_test_version",
        "bounce_class",
        "click_tracking",
        "customer_id",
        "initial_pixel",
        "msg_size",
        "num_retries",
        "open_tracking",
        "queue_time",
        "subaccount_id",
        "template_version",
        "transactional",
        "amp_enabled",
    }
)

MEANT = {
    "injection": "sent",
    "delivery": "delivered",
    "delay": "deferred",
    "bounce": "bounced",
    "out_of_band": "bounced",
    "policy_rejection": "rejected",
    "generation_rejection": "rejected",
    "generation_failure": "failed",
    "open": "opened",
    "initial_open": "opened",
    "amp_open": "opened",
    "amp_initial_open": "opened",
    "click": "clicked",
    "amp_click": "clicked",
    "spam_complaint": "complained",
    "list_unsubscribe": "unsubscribed",
    "link_unsubscribe": "unsubscribed",
}
# SparkPost's bounce classes; 1 (undetermined) and 40 (generic) say neither hard nor soft.
BOUNCE_TYPES = {
    **dict.fromkeys(["10", "30", "90"], "hard"),
    **dict.fromkeys(["20", "21", "22", "23", "24", "70", "100"], "soft"),
    **dict.fromkeys(["25", "26", "50", "51", "52", "53", "54"], "blocked"),
}
# Classes of a bounce that is none: an automatic answer, and wishes sent to the return address.
NO_BOUNCE = {"60": "autoresponded", "80": "subscribed", "90": "unsubscribed"}
EPOCH_TEXT = set("0123456789.")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each event of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(
        json_array(file, "results"), lambda number, value: interpret(number, value, feed)
    )


def interpret(number: int, value: dict[str, Any], feed: Feed) -> list[Event | Ignored]:
    """The event of one entry.

    Raises:
        BadRecord: An unknown event, no recipient, or no readable time.
    """
    if "msys" in value:
        boxes = object_of(value, "msys")
        if not boxes:
            return [Ignored(number, "ping")]
        if len(boxes) > 1:
            raise BadRecord(f"msys holds {len(boxes)} events where one is expected")
        value = object_of(boxes, next(iter(boxes)))
    word = text_at(value, "type")
    outcome = outcome_of(word, MEANT)
    bounce_class = text_at(value, "bounce_class")
    if outcome == "bounced":
        outcome = NO_BOUNCE.get(bounce_class, outcome)
    stamp = text_at(value, "timestamp")
    is_epoch = bool(stamp) and set(stamp) <= EPOCH_TEXT
    recipient = text_at(value, "rcpt_to") or text_at(value, "raw_rcpt_to")
    parsed = object_of(value, "user_agent_parsed")
    tags = texts_at(value, "rcpt_tags")
    notice = Notice(
        outcome=outcome,
        word=word,
        occurred=clocks.epoch(stamp, "s", feed.clock)
        if is_epoch
        else clocks.iso(stamp, feed.clock),
        addresses=(recipient,) if recipient else (),
        own_id=id_of(value, "event_id"),
        label=text_at(value, "campaign_id") or (tags[0] if tags else None),
        message_id=id_of(value, "message_id"),
        link=text_at(value, "target_link_url"),
        user_agent=text_at(value, "user_agent"),
        machine_reason="machine_open" if parsed.get("is_prefetched") is True else None,
        bounce_type=BOUNCE_TYPES.get(bounce_class) if outcome == "bounced" else None,
        properties={
            "tags": list(tags),
            "template": text_at(value, "template_id"),
            "subject": text_at(value, "subject"),
            "reason": text_at(value, "reason") or text_at(value, "raw_reason"),
            "bounce_class": bounce_class,
            "code": text_at(value, "error_code"),
            "recipient_type": text_at(value, "rcpt_type"),
            "metadata": object_of(value, "rcpt_meta"),
        },
    )
    return [*events(number, notice, feed)]
