"""Raw mail (.eml, a Maildir's files, mbox) to events: one record per message.

A mail's meaning follows from who wrote to whom: the company's addresses are known from wend.toml,
everybody else is a customer or is only mentioned.
Source: RFC 5322 and MIME, delivery reports by RFC 3464. Used: the headers in WANTED, and the text.
Left out: all other headers, and what is attached but for its count.
Identifiers: email, of the customer (From, else Sender, Reply-To or Return-Path; To where the
company wrote) and, as people merely mentioned, of the others in To and Cc.
Clock: `Date`, the sender's, with its offset; received at the newest `Received`, which stands in
for a Date that cannot be read, names no zone or lies an hour past it: then `time_from` says so.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.email.bodies import body, header_text, unfolded
from pipeline.landing.email.bounces import DECLARING, Report, delivery_report, machine_reason
from pipeline.landing.email.dates import times
from pipeline.landing.email.mailbox import messages
from pipeline.landing.email.parsing import parsed
from pipeline.landing.email.parties import (
    Exchange,
    Headers,
    addresses,
    exchange_of,
    first,
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
from pipeline.landing.readers import channel_of
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
# An empty header, or an empty group of recipients.
HIDDEN = re.compile(r"[^:;<>@]*:?\s*;\s*|\s*|<>")


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
    occurred, received_us, time_from = times(headers, feed.clock)
    own_id = next(iter(message_ids(first(headers, "message-id"))), None)
    thread = answered(first(headers, "references"), first(headers, "in-reply-to"))
    subject = header_text(first(headers, "subject"))
    written = body(message, kind)
    thread = thread or quoted(written.text)
    stated = {
        "subject": redact(subject)[:500] or None,
        # A thread is named by its first mail, so what is answered must be known by its own id.
        # An address with an @ would be taken out of the properties.
        "message_id": own_id.replace("@", "%40") if own_id else None,
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
    # The changes to each customer's copy are made at once: a new event costs as much as its parts.
    threads = [
        {} if thread is not None else _by_subject(mail, subject, exchange, customer)
        for customer in exchange.customers
    ]
    if exchange.direction == "inbound":
        return [
            _received(mail, exchange, feed, machine_reason(headers, sender, subject), threads[0])
        ]
    # What the company's own programs answer is still the company speaking to a customer.
    is_automatic = first(headers, "auto-submitted").lower() not in {"", "no"}
    return [*_sent(mail, exchange, feed, "system" if is_automatic else "agent", threads)]


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
    own_id = first(headers, "message-id")
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


def _by_subject(mail: Event, subject: str, exchange: Exchange, customer: str) -> dict[str, Any]:
    """What changes in a mail that refers to no other: the thread of its subject if it answers.

    The company answers from other mailboxes than it is written to: the customer tells the thread.
    Where nobody is known to be the company, both correspondents do.
    """
    known = exchange.mailbox is not None
    people = (customer,) if known else (customer, *exchange.mentioned[:1])
    thread = subject_thread(subject, people)
    if thread is None:
        return {}
    if is_answer(subject, mail.text):
        return {"object_kind": "thread", "object_id": thread}
    return {"properties": {**mail.properties, "subject_thread": thread}}


def _received(
    mail: Event,
    exchange: Exchange,
    feed: Feed,
    machine_reason: str | None,
    thread: dict[str, Any],
) -> Event:
    """A mail that a customer wrote, or a program in a customer's name."""
    return replace(
        mail,
        label=exchange.mailbox,
        identifiers=people(exchange, feed, exchange.customers[0], "actor"),
        machine_reason=machine_reason,
        **thread,
    )


def _sent(
    mail: Event,
    exchange: Exchange,
    feed: Feed,
    actor: str,
    threads: Sequence[dict[str, Any]],
) -> Iterator[Event]:
    """A mail that the company wrote: one event per customer it went to, in its `threads`."""
    is_shared = len(exchange.customers) > 1
    for customer, thread in zip(exchange.customers, threads, strict=True):
        yield replace(
            mail,
            kind="email_sent",
            actor=actor,
            direction="outbound",
            label=exchange.mailbox,
            own_id=f"{mail.own_id} {customer}" if is_shared and mail.own_id else mail.own_id,
            identifiers=people(exchange, feed, customer, "recipient"),
            **thread,
        )


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
