"""Mailchimp tables as CSV to events, each known by its header: one record per row.

Source: the account's own audience export (subscribed, unsubscribed, cleaned members), the reports
of the Marketing API 3.0 as tables, and Fivetran's tables of them.
Used: of members id email_address status timestamp_opt timestamp_signup last_changed list_id
(audience export: Email Address, OPTIN_TIME, CONFIRM_TIME, UNSUB_TIME, CLEAN_TIME ...); of activity
action timestamp member_id campaign_id automation_email_id bounce_type url; of unsubscribes
timestamp reason.
Left out: addresses of machines, places, merge fields; tables of campaigns, lists and segments.
Recipients of a campaign stand in a table without a time: they are ignored by rule.
Identifiers: email, and mailchimp_subscriber, which is the md5 of the address in lower case, so
that it is known wherever the address is. Clock: ISO 8601; Fivetran's is UTC, elsewhere the source
names the zone.
"""

import hashlib
import re
from collections.abc import Iterator

from pipeline.errors import BadRecord
from pipeline.landing import identifiers
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Instant
from pipeline.landing.crm.rows import (
    Reading,
    Row,
    Table,
    cell,
    details,
    instant,
    needed_instant,
    needs,
    no_event,
    read_tables,
)
from pipeline.landing.email.deliveries import Notice, events, outcome_of
from pipeline.landing.record import Event, Feed, Identifier, Ignored, Outcome, RawFile

MEANT = {
    "sent": "sent",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "unsub": "unsubscribed",
    "unsubscribe": "unsubscribed",
    "abuse": "complained",
}
BOUNCE_TYPES = {None: None, "hard": "hard", "soft": "soft"}
SUBSCRIBER = re.compile(r"[0-9a-f]{32}")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the rows of one table became.

    Raises:
        SourceRefused: The header is of no known table; names the nearest.
    """
    return read_tables(file, feed, "Mailchimp", TABLES)


def _who(row: Row, *columns: str) -> tuple[tuple[str, ...], tuple[Identifier, ...]]:
    """The address of a row's subscriber, and the subscriber's id.

    Raises:
        BadRecord: An id that is no md5.
    """
    written = cell(row, "emailaddress")
    address = identifiers.email(written) if written else None
    subscriber = cell(row, *columns)
    if subscriber is not None and not SUBSCRIBER.fullmatch(subscriber):
        raise BadRecord(f"a subscriber's id that is no md5: {subscriber[:40]!r}")
    if subscriber is None and address is not None:
        subscriber = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    namespace = row.feed.namespace("mailchimp_subscriber")
    handles = (Identifier(namespace, subscriber, "recipient"),) if subscriber else ()
    return (written,) if written else (), handles


def _told(row: Row, outcome: str, word: str, occurred: Instant, notice: Notice) -> list[Event]:
    """A row's event, of the subscriber that the notice names."""
    told = notice._replace(outcome=outcome, word=word, occurred=occurred)
    return events(row.number, told, row.feed)


def member(row: Row) -> Reading:
    """That somebody joined a list, left it, or was taken off it, as far as the row has times.

    The row is the member's state: what became of the mails since stands in other tables.
    """
    addresses, handles = _who(row, "id")
    joined = instant(row, "timestampopt", "confirmtime", "timestampsignup", "optintime")
    left, cleaned = instant(row, "unsubtime"), instant(row, "cleantime")
    notice = Notice(
        outcome="subscribed",
        word="member",
        occurred=joined or left or cleaned or needed_instant(row, "lastchanged"),
        addresses=addresses,
        label=cell(row, "listid"),
        handles=handles,
        properties={"status": cell(row, "status")},
        attributes=attributes(row.cells.items(), stated=instant(row, "lastchanged")),
    )
    found: list[Event] = []
    if joined is not None or (left is None and cleaned is None):
        found += _told(row, "subscribed", "member", notice.occurred, notice)
    if left is not None:
        reason = {"reason": cell(row, "unsubreason")}
        told = notice._replace(label=cell(row, "unsubcampaigntitle"), properties=reason)
        found += _told(row, "unsubscribed", "unsubscribed member", left, told)
    if cleaned is not None:
        # Mailchimp cleans an address that can never be reached.
        told = notice._replace(label=cell(row, "cleancampaigntitle"), bounce_type="hard")
        found += _told(row, "bounced", "cleaned member", cleaned, told)
    return found


def activity(row: Row) -> Reading:
    """What a recipient did with a campaign's mail, or that it came back."""
    word = cell(row, "action") or ""
    addresses, handles = _who(row, "memberid", "emailid")
    stated = cell(row, "bouncetype")
    if stated not in BOUNCE_TYPES:
        raise BadRecord(f"unknown bounce_type: {str(stated)[:40]!r}")
    notice = Notice(
        outcome=outcome_of(word, MEANT),
        word=word,
        occurred=needed_instant(row, "timestamp"),
        addresses=addresses,
        label=cell(row, "campaignid", "automationemailid"),
        link=cell(row, "url"),
        bounce_type=BOUNCE_TYPES[stated],
        handles=handles,
        properties={"list": cell(row, "listid")},
    )
    return events(row.number, notice, row.feed)


def unsubscribe(row: Row) -> Reading:
    """That a recipient left a list by a campaign's mail."""
    addresses, handles = _who(row, "memberid", "emailid")
    notice = Notice(
        outcome="unsubscribed",
        word="unsubscribe",
        occurred=needed_instant(row, "timestamp"),
        addresses=addresses,
        label=cell(row, "campaignid"),
        handles=handles,
        properties={"list": cell(row, "listid"), "reason": cell(row, "reason")},
    )
    return events(row.number, notice, row.feed)


def recipient(row: Row) -> Reading:
    """A row that names whom a campaign went to, but not when."""
    return [Ignored(row.number, "recipient without time")]


# The first table whose columns a header holds; the more particular stand first.
TABLES = (
    Table("activity", needs("action memberid timestamp", "action emailid timestamp"), activity),
    Table(
        "unsubscribe",
        needs("memberid campaignid reason timestamp", "emailid campaignid reason timestamp"),
        unsubscribe,
    ),
    Table(
        "member",
        needs("emailaddress timestampopt", "emailaddress optintime", "emailaddress memberrating"),
        member,
    ),
    Table("recipient", needs("campaignid memberid", "automationemailid memberid"), recipient),
    Table("segment_member", needs("segmentid memberid"), details),
    Table("campaign", needs("id sendtime subjectline", "id longarchiveurl"), no_event),
    Table("automation", needs("id triggersettings", "id automationid"), no_event),
    Table("list", needs("id listrating", "id permissionreminder"), no_event),
    Table("segment", needs("id membercount listid"), no_event),
)
