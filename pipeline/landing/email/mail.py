"""Raw mail (.eml, a Maildir's files, mbox) to events: one record per message.

A mail's meaning follows from who wrote to whom: the company's addresses are known from wend.toml,
everybody else is a customer or is only mentioned.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock, Instant
from pipeline.landing.email.bodies import body, header_text, unfolded
from pipeline.landing.email.bounces import DECLARING, Report, delivery_report, machine_reason
from pipeline.landing.email.mailbox import messages
from pipeline.landing.email.parsing import parsed
from pipeline.landing.email.parties import (
    Exchange,
    Headers,
    addresses,
    exchange_of,
    people,
    senders,
)
from pipeline.landing.email.threads import (
    answered,
    is_answer,
    message_ids,
    quoted,
    subject_thread,
)
from pipeline.landing.formats import channel_of
from pipeline.landing.record import (
    Event,
    Feed,
    Identifier,
    Ignored,
    Outcome,
    RawFile,
    outcomes,
)
from pipeline.landing.text import redact

WANTED = DECLARING | {
    *("from", "sender", "reply-to", "return-path", "to", "cc", "delivered-to", "x-original-to"),
    *(
        "date",
        "received",
        "nntp-posting-date",
        "message-id",
        "references",
        "in-reply-to",
        "subject",
    ),
}
HOUR_US = 3_600_000_000

# Any other name of a zone, and none at all, tells no offset.
ZONED = re.compile(r"[+-]\d{4}\b|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b")

# An empty header, or an empty group of recipients.
HIDDEN = re.compile(r"[^:;<>@]*:?\s*;\s*|\s*|<>")
COLON_ZONE = re.compile(r"([+-]\d\d):(\d\d)\b")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message of a mail file became.

    Raises:
        SourceRefused: As for `containers.members`.
    """
    channel = channel_of(feed)
    return outcomes(
        messages(file), lambda number, content: interpret(number, content, feed, channel)
    )


def interpret(number: int, content: bytes, feed: Feed, channel: str) -> list[Event | Ignored]:
    """The events of one message: one, or one per customer that the company wrote to.

    Raises:
        BadRecord: No mail, no time, or no sender.
    """
    message, raw_headers, kind = parsed(content)
    headers = _headers(raw_headers)
    occurred, received_us, time_from = _times(headers, feed.clock)
    own_id = next(iter(message_ids(_first(headers, "message-id"))), None)
    thread = answered(_first(headers, "references"), _first(headers, "in-reply-to"))
    subject = header_text(_first(headers, "subject"))
    written = body(message, kind)
    thread = thread or quoted(written.text)
    stated = {
        "subject": redact(subject)[:500] or None,
        "charset": written.note,
        "attachment_count": written.attachment_count or None,
        "time_from": time_from,
        "unreadable": unreadable(headers) or None,
    }
    mail = Event(
        record_number=number,
        own_id=own_id,
        channel=channel,
        kind="email_received",
        kind_raw=unfolded(kind),
        occurred=occurred,
        identifiers=(),
        received_us=received_us,
        object_kind="thread" if thread or own_id else None,
        object_id=thread or own_id,
        text=written.text,
        properties={name: value for name, value in stated.items() if value is not None},
    )
    sender = next(iter(senders(headers)), "")
    if report := delivery_report(message, kind, headers, sender, subject):
        return [_bounce(mail, report, feed)]
    if not sender:
        raise BadRecord("no sender: From holds no address")
    exchange = exchange_of(headers, sender, feed)
    if isinstance(exchange, str):
        return [Ignored(number, exchange)]
    if exchange.direction == "inbound":
        found = [_received(mail, exchange, feed, machine_reason(headers, sender, subject))]
    else:
        # What the company's own programs answer is still the company speaking to a customer.
        is_automatic = _first(headers, "auto-submitted").lower() not in {"", "no"}
        found = _sent(replace(mail, actor="system" if is_automatic else "agent"), exchange, feed)
    if thread is not None:
        return [*found]
    return [
        _by_subject(event, subject, exchange, customer)
        for event, customer in zip(found, exchange.customers, strict=True)
    ]


def unreadable(headers: Headers) -> list[str]:
    """The headers that say something which is neither an address nor a message's id.

    A To that hides whom the mail went to, such as `undisclosed-recipients:;`, is none of them.
    """
    named = [
        name
        for name in ("from", "reply-to", "to", "cc")
        if (lines := [line for line in headers.get(name, ()) if not HIDDEN.fullmatch(line)])
        and not addresses(lines)
    ]
    own_id = _first(headers, "message-id")
    return [*named, "message-id"] if own_id.strip() and not message_ids(own_id) else named


def _headers(raw: Iterable[tuple[str, str]]) -> Headers:
    """The headers that matter, unfolded, by name in lower case.

    Raises:
        BadRecord: There is none: not a mail.
    """
    headers: dict[str, list[str]] = {}
    for name, value in raw:
        # Of the stations on its way the last, which stands first, is enough.
        if name in WANTED and not (name == "received" and name in headers):
            headers.setdefault(name, []).append(unfolded(value))
    if not headers:
        raise BadRecord("no mail: no From, To, Date, Subject or Message-ID")
    return headers


def _first(headers: Headers, name: str) -> str:
    """The first header of a name; empty without one."""
    return headers[name][0] if name in headers else ""


def _times(headers: Headers, clock: Clock) -> tuple[Instant, int | None, str | None]:
    """When a mail was written, when it was received, and what the first was taken from.

    The Date is the sender's clock. Where it cannot be read, names no zone, or lies an hour after
    the mail had already arrived, the newest Received stands in for it.

    Raises:
        BadRecord: Neither a readable Date nor a readable Received.
    """
    received = _arrived(headers, clock)
    try:
        written = _dated(_first(headers, "date"), clock)
    except BadRecord:
        if received is None:
            raise
        return received, received.us, "received"
    if received is None:
        return written, None, None
    if written.us > received.us + HOUR_US:
        return received, received.us, "received"
    return written, received.us, None


def _arrived(headers: Headers, clock: Clock) -> Instant | None:
    """When the last server took the mail: the newest Received stands first; or a news server."""
    stamp = _first(headers, "received").rpartition(";")[2]
    stamp = stamp or _first(headers, "nntp-posting-date")
    try:
        return clocks.mail_date(stamp, clock) if ZONED.search(stamp) else None
    except BadRecord:
        return None


def _dated(stamp: str, clock: Clock) -> Instant:
    """The instant of a Date header.

    Raises:
        BadRecord: Missing, unreadable, out of limits, or without a zone where none is configured.
    """
    if not stamp:
        raise BadRecord("no Date, and no Received in its place")
    # The standard library takes +01:00 for +0000, without a word.
    stamp = COLON_ZONE.sub(r"\1\2", stamp)
    if ZONED.search(stamp):
        return clocks.mail_date(stamp, clock)
    parsed = parsedate(stamp)
    if parsed is None:
        raise BadRecord(f"not a mail date: {stamp[:60]!r}")
    try:
        moment = datetime(*parsed[:6])  # noqa: DTZ001 - the zone is applied by the clock
    except ValueError as error:
        raise BadRecord(f"impossible time: {stamp[:60]!r}") from error
    return clocks.local(moment, "second", clock)


def _by_subject(mail: Event, subject: str, exchange: Exchange, customer: str) -> Event:
    """A mail that refers to no other, in the thread of its subject where it is an answer.

    The company answers from other mailboxes than it is written to: the customer tells the thread.
    Where nobody is known to be the company, both correspondents do.
    """
    known = exchange.mailbox is not None
    people = (customer,) if known else (customer, *exchange.mentioned[:1])
    thread = subject_thread(subject, people)
    if thread is None:
        return mail
    if is_answer(subject, mail.text):
        return replace(mail, object_kind="thread", object_id=thread)
    return replace(mail, properties={**mail.properties, "subject_thread": thread})


def _received(mail: Event, exchange: Exchange, feed: Feed, machine_reason: str | None) -> Event:
    """A mail that a customer wrote, or a program in a customer's name."""
    return replace(
        mail,
        label=exchange.mailbox,
        identifiers=people(exchange, feed, exchange.customers[0], "actor"),
        machine_reason=machine_reason,
    )


def _sent(mail: Event, exchange: Exchange, feed: Feed) -> list[Event]:
    """A mail that the company wrote: one event per customer it went to."""
    is_shared = len(exchange.customers) > 1
    return [
        replace(
            mail,
            kind="email_sent",
            direction="outbound",
            label=exchange.mailbox,
            own_id=f"{mail.own_id} {customer}" if is_shared and mail.own_id else mail.own_id,
            identifiers=people(exchange, feed, customer, "recipient"),
        )
        for customer in exchange.customers
    ]


def _bounce(mail: Event, report: Report, feed: Feed) -> Event:
    """A delivery report: a machine's word about the address a mail did not reach."""
    namespace = feed.namespace("email")
    failed = addresses(report.recipients)
    roles = ["subject", *["mentioned"] * len(failed)]
    stated = {"status": report.status, "recipient_count": len(failed)}
    return replace(
        mail,
        kind=report.kind,
        kind_raw="delivery-status",
        actor="system",
        machine_reason="bounce",
        identifiers=tuple(
            Identifier(namespace, address, role)
            for address, role in zip(failed, roles, strict=False)
        ),
        object_id=report.about or mail.object_id,
        object_kind="thread" if report.about or mail.object_id else None,
        text=None,
        properties={**mail.properties, **stated},
    )
