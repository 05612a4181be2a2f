"""Raw mail (.eml, a Maildir's files, mbox) to events: one record per message.

A mail's meaning follows from who wrote to whom: the company's addresses are known from wend.toml,
everybody else is a customer or is only mentioned.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate
from typing import BinaryIO, NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks, identifiers
from pipeline.landing.clocks import Clock, Instant
from pipeline.landing.containers import KEPT_OF_LONG, RECORD_LIMIT, members
from pipeline.landing.email.bodies import body, header_text, unfolded
from pipeline.landing.email.bounces import DECLARING, Report, delivery_report, machine_reason
from pipeline.landing.email.threads import message_ids, root
from pipeline.landing.formats import channel_of
from pipeline.landing.record import (
    Event,
    Feed,
    Identifier,
    Ignored,
    Outcome,
    Raw,
    RawFile,
    outcomes,
)
from pipeline.landing.text import redact

# Mail with its attachments is longer than any log record.
LIMIT = 4 * RECORD_LIMIT
LONGEST_HEADER = 20_000
WANTED = DECLARING | {
    *("from", "sender", "reply-to", "return-path", "to", "cc", "delivered-to", "x-original-to"),
    *("date", "received", "message-id", "references", "in-reply-to", "subject"),
}
HOUR_US = 3_600_000_000

POSTMARK = re.compile(rb"From \S.* \d\d:\d\d(?::\d\d)? .*\d{4}\s*$|From \S.* \d{4} \d\d:\d\d:\d\d")
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")

ASIDE = re.compile(r'"(?:[^"\\]|\\.){0,300}"|\([^()]{0,300}\)')
ENCLOSED = re.compile(r"<\s*([^<>\s]+@[^<>\s]+?)\s*>")
BARE = re.compile(r"[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")
OBSCURED = re.compile(r"\s*([\w.+-]+) at ([\w-]+(?:\.[\w-]+)+)")
# Any other name of a zone, and none at all, tells no offset.
ZONED = re.compile(r"[+-]\d{4}\b|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b")

COLON_ZONE = re.compile(r"([+-]\d\d):(\d\d)\b")

Headers = dict[str, list[str]]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message of a mail file became.

    Raises:
        SourceRefused: As for `containers.members`.
    """
    channel = channel_of(feed)
    return outcomes(
        messages(file), lambda number, content: interpret(number, content, feed, channel)
    )


def messages(file: RawFile) -> Iterator[Raw]:
    """One record per message: a file that begins with `From ` is an mbox, any other one mail."""
    number = 0
    for _, stream in members(file):
        first = stream.readline(LIMIT)
        is_mbox = first.startswith(b"From ")
        for content, length in _mbox(stream) if is_mbox else [_single(stream, first)]:
            if not content.strip() and not is_mbox:
                continue
            number += 1
            text = content.decode("utf-8", "backslashreplace")
            if length > LIMIT:
                problem = f"{length} bytes long, over the limit of {LIMIT}"
                yield Raw(number, text[:KEPT_OF_LONG], None, problem)
            else:
                yield Raw(number, text, content)


def _single(stream: BinaryIO, first: bytes) -> tuple[bytes, int]:
    """The only message of a stream, and its length as far as it was read."""
    content = first + stream.read(LIMIT + 1 - len(first))
    return content, len(content)


def _mbox(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each message of an mbox after its first `From ` line, unquoted, and its length.

    A `From ` line opens a message only after a blank line and with a date, because some programs
    do not quote the word where it begins a line of text.
    """
    kept: list[bytes] = []
    length = 0
    was_blank = False
    while line := stream.readline(RECORD_LIMIT):
        if was_blank and line.startswith(b"From ") and POSTMARK.match(line):
            yield _unquoted(kept), length
            kept, length, was_blank = [], 0, False
            continue
        length += len(line)
        if length <= LIMIT:
            kept.append(line)
        was_blank = line in {b"\n", b"\r\n"}
    yield _unquoted(kept), length


def _unquoted(lines: Sequence[bytes]) -> bytes:
    """A message of an mbox with its `>From ` lines as they were written."""
    content = b"".join(lines)
    return QUOTED_FROM.sub(rb"\1", content) if b"From " in content else content


def interpret(number: int, content: bytes, feed: Feed, channel: str) -> list[Event | Ignored]:
    """The events of one message: one, or one per customer that the company wrote to.

    Raises:
        BadRecord: No mail, no time, or no sender.
    """
    try:
        message = message_from_bytes(content)
    except RecursionError as error:
        raise BadRecord("parts nested too deeply to be a mail") from error
    headers = _headers(message)
    occurred, received_us, time_from = _times(headers, feed.clock)
    own_id = next(iter(message_ids(_first(headers, "message-id"))), None)
    thread = root(own_id, _first(headers, "references"), _first(headers, "in-reply-to"))
    subject = header_text(_first(headers, "subject"))
    kind = message.get_content_type()
    written = body(message, kind)
    stated = {
        "subject": redact(subject)[:500] or None,
        "charset": written.note,
        "attachment_count": written.attachment_count or None,
        "time_from": time_from,
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
        object_kind="thread" if thread else None,
        object_id=thread,
        text=written.text,
        properties={name: value for name, value in stated.items() if value is not None},
    )
    sender = next(iter(_senders(headers)), "")
    if report := delivery_report(message, kind, headers, sender, subject):
        return [_bounce(mail, report, feed)]
    if not sender:
        raise BadRecord("no sender: From holds no address")
    exchange = _exchange(headers, sender, feed)
    if isinstance(exchange, str):
        return [Ignored(number, exchange)]
    if exchange.direction == "inbound":
        reason = machine_reason(headers, sender, subject)
        return [_received(mail, exchange, feed, reason)]
    # What the company's own programs answer is still the company speaking to a customer.
    is_automatic = _first(headers, "auto-submitted").lower() not in {"", "no"}
    return _sent(replace(mail, actor="system" if is_automatic else "agent"), exchange, feed)


def _headers(message: Message) -> Headers:
    """The headers that matter, unfolded, by name in lower case.

    Raises:
        BadRecord: There is none: not a mail.
    """
    headers: Headers = {}
    for name, value in message.raw_items():
        known = name.lower()
        if known in WANTED:
            headers.setdefault(known, []).append(unfolded(str(value)))
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
    """When the last server took the mail: the newest Received stands first."""
    stamp = _first(headers, "received").rpartition(";")[2]
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


def addresses(lines: Iterable[str]) -> list[str]:
    """The addresses in header lines in their normal form, in order, each once.

    Display names and comments are no addresses, even where they hold one.
    """
    found = (identifiers.email(written) for line in lines for written in _written(line))
    return list(dict.fromkeys(address for address in found if address is not None))


def _written(line: str) -> Iterator[str]:
    """Each address of one header line as it is written."""
    line = line[:LONGEST_HEADER]
    if "@" not in line:
        line = header_text(line)
    if hidden := OBSCURED.match(line):
        yield f"{hidden[1]}@{hidden[2]}"
        return
    if '"' in line or "(" in line:
        line = ASIDE.sub(" ", line)
    for entry in re.split("[,;]", line):
        if match := ENCLOSED.search(entry):
            yield match[1]
        elif match := BARE.search(entry):
            yield match[0]


def _senders(headers: Headers) -> list[str]:
    """Who wrote, best header first."""
    names = ("from", "sender", "reply-to", "return-path")
    return addresses(line for name in names for line in headers.get(name, ()))


class Exchange(NamedTuple):
    """Who wrote to whom, as the company sees it.

    Attributes:
        customers: The sender, or everybody the company wrote to.
        mailbox: The local part of the company's address, without `+` tag; None where no address
            is known to be the company's.
        mentioned: Other outsiders, in copy.
    """

    direction: str
    customers: tuple[str, ...]
    mailbox: str | None
    staff: tuple[str, ...]
    mentioned: tuple[str, ...]


def _exchange(headers: Headers, sender: str, feed: Feed) -> Exchange | str:
    """Who wrote to whom; or the rule by which a mail without a customer is left out."""
    domains = {domain.lower() for domain in feed.company.email_domains}
    to, copied, answered, envelope = (
        addresses(line for name in names for line in headers.get(name, ()))
        for names in (["to"], ["cc"], ["reply-to"], ["delivered-to", "x-original-to"])
    )
    named = list(dict.fromkeys(to + copied))
    staff = [address for address in named if _is_staff(address, domains)]
    outside = [address for address in named if address not in staff]
    if not _is_staff(sender, domains):
        boxes = staff or [address for address in envelope if _is_staff(address, domains)]
        others = [address for address in outside if address != sender]
        return Exchange("inbound", (sender,), _mailbox(boxes), tuple(boxes), tuple(others))
    if outside:
        customers = [address for address in to if address in outside] or outside
        others = [address for address in outside if address not in customers]
        staff = [sender, *staff]
        return Exchange("outbound", tuple(customers), _mailbox(staff), tuple(staff), tuple(others))
    asking = [address for address in answered if not _is_staff(address, domains)]
    if asking:
        # A form on the company's own site: it writes to itself, and the customer is whom to answer.
        boxes = staff or [sender]
        return Exchange("inbound", (asking[0],), _mailbox(boxes), tuple(boxes), ())
    return "internal" if staff else "no_recipient"


def _is_staff(address: str, domains: set[str]) -> bool:
    """Whether an address is at one of the company's domains or below it."""
    host = address.rpartition("@")[2]
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _mailbox(staff: Sequence[str]) -> str | None:
    """The local part of the first company address."""
    return staff[0].partition("@")[0].partition("+")[0] if staff else None


def _people(exchange: Exchange, feed: Feed, customer: str, role: str) -> tuple[Identifier, ...]:
    """Everybody on a mail; at most a hundred in copy."""
    namespace = feed.namespace("email")
    return (
        Identifier(namespace, customer, role),
        *(Identifier(namespace, address, "agent") for address in exchange.staff),
        *(Identifier(namespace, address, "mentioned") for address in exchange.mentioned[:100]),
    )


def _received(mail: Event, exchange: Exchange, feed: Feed, machine_reason: str | None) -> Event:
    """A mail that a customer wrote, or a program in a customer's name."""
    return replace(
        mail,
        label=exchange.mailbox,
        identifiers=_people(exchange, feed, exchange.customers[0], "actor"),
        machine_reason=machine_reason,
    )


def _sent(mail: Event, exchange: Exchange, feed: Feed) -> list[Event | Ignored]:
    """A mail that the company wrote: one event per customer it went to."""
    is_shared = len(exchange.customers) > 1
    return [
        replace(
            mail,
            kind="email_sent",
            direction="outbound",
            label=exchange.mailbox,
            own_id=f"{mail.own_id} {customer}" if is_shared and mail.own_id else mail.own_id,
            identifiers=_people(exchange, feed, customer, "recipient"),
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
