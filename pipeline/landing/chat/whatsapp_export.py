"""WhatsApp text exports to events: one record per message, its continuation lines included.

Source: "Export chat" of WhatsApp for iPhone (`[31/12/25, 21:05:00] Ada: text`) and Android
(`31/12/2025, 21:05 - Ada: text`), as .txt or as the .zip that holds it beside its media.
Used: stamp, author, text. Left out: media, and WhatsApp's own lines, by rule.
Identifiers: phone of an author shown by number, else whatsapp_name: the name in the address book
of the telephone that exported, so keep the exports of different telephones in different sources,
with `namespaces = { whatsapp_name = ... }`. Staff are the company's phones and the source's
`agents`; everybody else is a customer.
Clock: the telephone's, without a zone: the source's time_zone. Whether day or month comes first
follows the telephone's region: the source's time_format says it (`day-first` or `%d/%m/%y`,
`month-first` or `%m/%d/%y`), or else the dates of the file that can be read in one way only.

There is no message id. A message is its chat, author, minute and text, and its how-manieth of
these: exports that overlap hold the same messages, and one said twice is two.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks, identifiers
from pipeline.landing.chat.parties import Staff, acted, agent, customer, is_staff, staff_of
from pipeline.landing.chat.whatsapp_lines import Message, Stamp, messages
from pipeline.landing.day_order import day_order
from pipeline.landing.json_fields import filled
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

MEDIA = re.compile(
    r"[\u200e\u200f]*(?:<[^<>\n]{3,60}>|(?:image|video|audio|sticker|GIF|document|contact card)"
    r" omitted|[^\n]{1,120} \(file attached\))",
    re.IGNORECASE,
)
EDITED = re.compile(r"\s*[\u200e\u200f]*<This message was edited>\s*$")
DELETED = re.compile(r"[\u200e\u200f]*(?:This message was deleted|You deleted this message)\.?")
NOTICE = re.compile(r"[\u200e\u200f]*Messages (?:and calls are|to this .{1,40} are now) .*encrypt")
NAMED = re.compile(
    r"(?:WhatsApp Chat (?:with|-)|WhatsApp-Chat mit|Chat de WhatsApp con|Discussion WhatsApp avec"
    r"|Chat WhatsApp con|Conversa do WhatsApp com|WhatsApp-chat met) (.+?)"
    r"(?: ?\(\d+\))?\.(?:txt|zip)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Chat:
    """One exported chat while it is read.

    Attributes:
        name: From the file's name, empty where it does not say.
        day_first: Whether dates that begin with no year begin with the day.
        customers: The authors who are not staff.
        seen: How often each message came, and how many messages each instant had.
    """

    name: str
    day_first: bool
    staff: Staff
    customers: frozenset[str]
    seen: Counter[object] = field(default_factory=Counter)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each message of an export became.

    Raises:
        SourceRefused: No message at all, dates that can be read in two ways and nothing that
            tells which, or as for `containers.members`.
    """
    channel = channel_of(feed)
    chat = chat_of(file, feed)
    return outcomes(
        messages(file), lambda number, found: [interpret(number, found, feed, channel, chat)]
    )


def chat_of(file: RawFile, feed: Feed) -> Chat:
    """What a first look at an export tells: the order of its dates, and who takes part.

    Raises:
        SourceRefused: As for `read`.
    """
    staff = staff_of(feed)
    dates: set[tuple[str, str, str]] = set()
    authors: set[str] = set()
    for raw in messages(file):
        if raw.problem is None:
            dates.add(raw.value.stamp.date)
            authors.add(raw.value.author)
    if not dates:
        raise SourceRefused(f"{file.name}: no line begins as a WhatsApp message does")
    customers = {name for name in authors - {""} if not _is_staff(name, staff, feed)}
    named = NAMED.search(file.path.name)
    return Chat(
        name=named[1] if named else "",
        day_first=_day_first(file.name, dates, feed),
        staff=staff,
        customers=frozenset(customers),
    )


def _day_first(name: str, dates: set[tuple[str, str, str]], feed: Feed) -> bool:
    """Whether the dates of a file that do not begin with the year begin with the day.

    Raises:
        SourceRefused: Nothing proves it, and the source's time_format does not say it.
    """
    layout = feed.source.time_format
    if layout in {"day-first", "month-first"}:
        return layout == "day-first"
    if "%d" in layout and "%m" in layout:
        return layout.index("%d") < layout.index("%m")
    given = ((int(first), int(second)) for first, second, _ in sorted(dates) if len(first) < 3)
    return day_order(name, given) == "day-first"


def _is_staff(author: str, staff: Staff, feed: Feed) -> bool:
    """Whether an author is staff, by name or by number."""
    return is_staff(staff, author, _phone(author, feed))


def _phone(author: str, feed: Feed) -> str | None:
    """The number by which an author is shown, if by one."""
    is_number = author.startswith("+") and any(map(str.isdigit, author))
    return identifiers.phone(author, feed.company.phone_region) if is_number else None


def _handle(author: str, feed: Feed) -> tuple[Identifier, ...]:
    """An author's handle: the number, or else the name."""
    phone = _phone(author, feed)
    given = ("phone", phone) if phone else ("whatsapp_name", author)
    return customer(feed, [given]).identifiers


def interpret(number: int, found: Message, feed: Feed, channel: str, chat: Chat) -> Event | Ignored:
    """The event of one message.

    Raises:
        BadRecord: A date or time that cannot be.
    """
    occurred = instant(found.stamp, feed, day_first=chat.day_first)
    if not found.author or NOTICE.match(found.text):
        return Ignored(number, "system line")
    if DELETED.fullmatch(found.text.strip()):
        return Ignored(number, "deleted message")
    has_media = MEDIA.fullmatch(found.text.strip()) is not None
    if found.text.startswith("\u200e") and not has_media:
        # The iPhone marks so what WhatsApp and not the author says.
        return Ignored(number, "system line")
    text = EDITED.sub("", found.text)
    key = f"{chat.name}|{found.author}|{occurred.us}|{text}"
    chat.seen[key] += 1
    chat.seen[occurred.us] += 1
    event = Event(
        record_number=number,
        own_id=hashlib.sha256(f"{key}|{chat.seen[key]}".encode()).hexdigest(),
        channel=channel,
        kind="message_sent",
        kind_raw="media" if has_media else "message",
        occurred=occurred,
        identifiers=(),
        source_sequence=chat.seen[occurred.us],
        object_kind="conversation" if chat.name else None,
        object_id=chat.name or None,
        text=None if has_media else text.strip() or None,
        properties=filled({"has_media": has_media, "is_edited": text != found.text}),
    )
    if found.author in chat.customers:
        return acted(replace(event, identifiers=_handle(found.author, feed)), "customer")
    people = _handle(next(iter(chat.customers)), feed) if len(chat.customers) == 1 else ()
    staff = agent(feed, "whatsapp_name", found.author)
    return acted(replace(event, identifiers=people + staff), "agent")


def instant(stamp: Stamp, feed: Feed, *, day_first: bool) -> clocks.Instant:
    """When a message was sent.

    Raises:
        BadRecord: No date or time that can be, or no zone configured.
    """
    first, second, third = stamp.date
    if len(first) > 2:
        year, month, day = first, second, third
    elif day_first:
        day, month, year = stamp.date
    else:
        month, day, year = stamp.date
    hour = stamp.hour
    if stamp.half:
        if not 1 <= hour <= 12:
            raise BadRecord(f"impossible time: {hour}:{stamp.minute:02} {stamp.half}m")
        hour = hour % 12 + (12 if stamp.half == "p" else 0)
    try:
        moment = datetime(  # noqa: DTZ001 - the zone is applied below
            int(year) + (2000 if len(year) == 2 else 0),
            int(month),
            int(day),
            hour,
            stamp.minute,
            stamp.second or 0,
        )
    except ValueError as error:
        raise BadRecord(f"impossible time: {'-'.join(stamp.date)} {hour}:{stamp.minute}") from error
    return clocks.local(moment, "minute" if stamp.second is None else "second", feed.clock)
