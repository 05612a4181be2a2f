"""Faults that mutated files brought to light, each with the smallest record that shows it."""

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import readers
from pipeline.landing.formats import format_named
from tests.landing.feeds import events, feed, outcomes_of, refused
from tests.landing.test_access_log import line
from tests.landing.test_json_log import CADDY, NGINX
from tests.landing.test_mail import mail
from tests.landing.test_mail_webhooks import mailjet, mandrill, resend, ses

DEALS = (
    "Record ID,Deal Name,Deal Stage,Amount,Create Date,Date entered current stage,"
    "Associated Contact IDs\n"
)
MERGED = "Record ID,Email,Create Date,hs_calculated_merged_vids\n"
ENGAGEMENT = "engagement_id,type,property_hs_timestamp,property_hs_call_direction\n"
TWEET = {
    "id_str": "1.00528E+18",
    "created_at": "Sat Jun 09 02:38:00 +0000 2018",
    "text": "hello",
    "user": {"id_str": "5", "screen_name": "ada"},
}
ANSWER = {"name": "Why?", "value": "slow", "type": ["x"], "metric": {"x": 1}}
RESPONSE = {"id": "s1", "rating": 9, "created": "2026-01-20T10:00:00Z", "answers": [ANSWER]}
FLAGGED = {
    "id": 1,
    "ticket_id": 2,
    "author_id": 3,
    "body": "x",
    "created_at": "2026-01-05T09:00:00Z",
}
TICKET = {"id": 1, "requester_id": 3, "created_at": "2026-01-05T09:00:00Z"}
ASKED = {
    "id": "1",
    "created_at": 1_767_603_600,
    "source": {"author": {"type": "user", "id": "5f01", "external_id": 5.70306e17}, "body": "Hi"},
}
REFUSED: list[tuple[str, str, Any, str]] = [
    ("intercom", "f", ASKED, "no usable user_id: '5.70306e+17'"),
    ("zendesk_support", "f", FLAGGED | {"public": "no"}, "public is neither"),
    ("zendesk_support", "f", TICKET | {"follower_ids": ["9.01E+13"]}, "follower_ids is no usable"),
    ("zendesk_support", "f", TICKET | {"status": "dance"}, "unknown status: 'dance'"),
    (
        "amazon_ses",
        "f",
        ses("Subscription", {"newTopicPreferences": {"unsubscribeAll": "no"}}),
        "unsub",
    ),
    ("mailjet", "f", mailjet("bounce", hard_bounce="yes"), "hard_bounce is neither"),
    ("mandrill", "f", mandrill("reject", {"reject": "spam"}), "reject is no JSON object"),
    ("resend", "f", resend("email.bounced", {"type": "Odd"}), "unknown type of bounce: 'Odd'"),
    (
        "sendgrid",
        "f",
        {"email": "a@b.example", "event": "open", "timestamp": "9" * 5000},
        "not a Unix",
    ),
    ("json_log", "f", NGINX | {"remote_addr": {"x": 1}}, "remote_addr is neither"),
    ("json_log", "f", NGINX | {"request_time": [[1]]}, "request_time is no number"),
    (
        "json_log",
        "f",
        CADDY | {"request": {**CADDY["request"], "headers": "x"}},
        "request.headers is",
    ),
    ("access_log", "f", line(host="www.larkspur.example 5.7E+17"), "not a line of"),
    (
        "hubspot",
        "f.csv",
        DEALS + "86,Fibre,Won,39:50,2026-01-05T09:20:00Z,2026-01-06T10:00:00Z,501\n",
        "not an amount of money",
    ),
    (
        "hubspot",
        "f.csv",
        DEALS + "86,Fibre,Won,39,2026-01-05T09:20:00Z,2026-01-06T10:00:00Z,5.7E+17\n",
        "no usable contact id",
    ),
    (
        "hubspot",
        "f.csv",
        f"{MERGED}501,,2026-01-05T09:20:00Z,5.7E+17:1767693600000\n",
        "no usable id among the merged ones",
    ),
    (
        "hubspot",
        "f.csv",
        ENGAGEMENT + "1,CALL,2026-01-05T09:20:00Z,odd\n",
        "unknown direction: 'odd'",
    ),
    (
        "pipedrive",
        "f.json",
        {"id": 11, "name": "", "pipeline_id": 1, "order_nr": 1, "add_time": "2026-01-05 09:20:00"},
        "name is empty",
    ),
    ("tweets", "f.json", TWEET, "id_str is no usable id"),
    (
        "reviews",
        "f.json",
        {"Review Submit Millis Since Epoch": {"x": 1}, "Star Rating": "1", "date": "2026-01-20"},
        "Review Submit Millis Since Epoch is an object",
    ),
]


@pytest.mark.parametrize(("layout", "name", "record", "reason"), REFUSED)
def test_what_was_taken_for_nothing_is_refused(
    tmp_path: Path, layout: str, name: str, record: Any, reason: str
) -> None:
    """A value that is there and cannot be read refuses its record, by its name."""
    content = record if isinstance(record, str) else json.dumps(record)

    found = outcomes_of(
        partial(readers.read, format_named(layout)), content, tmp_path, feed(layout), name=name
    )

    ((_, why),) = refused(found)
    assert reason in why


@pytest.mark.parametrize(
    ("layout", "record", "named"),
    [
        ("mailjet", json.dumps(mailjet("open", email="ada at home")), ["email"]),
        ("mail", mail(To="ada at home").decode(), ["to"]),
        ("mail", mail(Message_ID="yesterday").decode(), ["message-id"]),
        ("mail", mail(Cc="bob at home").decode(), ["cc"]),
    ],
)
def test_what_people_mistyped_is_named(
    tmp_path: Path, layout: str, record: str, named: list[str]
) -> None:
    """The event lands, and says what of it could not be read."""
    (event,) = events(
        outcomes_of(partial(readers.read, format_named(layout)), record, tmp_path, feed(layout))
    )

    assert event.properties["unreadable"] == named


def test_a_long_word_in_a_header_costs_no_more_than_its_length(tmp_path: Path) -> None:
    """Twenty thousand letters are sought once, not once from each letter."""
    content = mail(To="a" * 19_000 + " ada@example.org")
    started = time.process_time()

    for _ in range(20):
        outcomes_of(partial(readers.read, format_named("mail")), content, tmp_path, feed("mail"))

    # Once from each letter they would take some twenty seconds.
    assert time.process_time() - started < 5


def test_a_mail_to_nobody_named_is_not_unreadable(tmp_path: Path) -> None:
    """An empty group hides the recipients on purpose."""
    content = mail(To="undisclosed-recipients:;")

    (event,) = events(
        outcomes_of(partial(readers.read, format_named("mail")), content, tmp_path, feed("mail"))
    )

    assert "unreadable" not in event.properties


def test_an_answer_of_an_odd_type_crashes_nothing(tmp_path: Path) -> None:
    """A list where a word should stand cannot be looked for in a set."""
    read = partial(readers.read, format_named("satismeter"))

    assert outcomes_of(read, json.dumps(RESPONSE), tmp_path, feed("satismeter"), name="f.json")


def test_a_zone_of_a_name_too_long_refuses_its_rows(tmp_path: Path) -> None:
    """The file system's complaint about the name is not the user's."""
    names = "RecordedDate,ResponseId,Status,Finished,Q1_NPS_GROUP,Q1\n"
    zone = "America/" + "x" * 5000
    imports = ",".join(
        f'"{{""ImportId"":""{name}"",""timeZone"":""{zone}""}}"'
        for name in names.strip().split(",")
    )
    content = f"{names}{names}{imports}\n2026-01-20 10:00:00,R_1,IP Address,True,Promoter,9\n"

    found = outcomes_of(
        partial(readers.read, format_named("qualtrics")),
        content,
        tmp_path,
        feed("qualtrics"),
        name="f.csv",
    )

    assert [why[:13] for _, why in refused(found)] == ["no known zone", "time without "]


def test_an_mbox_without_its_first_line_is_not_one_long_mail(tmp_path: Path) -> None:
    """The mails after the first would be its text, and nobody would miss them."""
    whole = b"".join(b"From a@b.example Mon Jan  5 09:20:00 2026\n" + mail() + b"\n" for _ in "ab")

    found = outcomes_of(
        partial(readers.read, format_named("mail")), b"\t" + whole, tmp_path, feed("mail")
    )

    ((_, why),) = refused(found)
    assert why.startswith("several mails")


def test_a_status_is_one_in_any_case(tmp_path: Path) -> None:
    """A ticket that is SOLVED was closed."""
    ticket = TICKET | {"status": "SOLVED", "updated_at": "2026-01-06T09:00:00Z"}
    read = partial(readers.read, format_named("zendesk_support"))

    found = events(outcomes_of(read, json.dumps(ticket), tmp_path, feed("zendesk_support")))

    assert [event.kind for event in found] == ["ticket_opened", "ticket_closed"]
