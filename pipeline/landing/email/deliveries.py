"""What became of mail that a company sent: one vocabulary for all that report it.

Every sender of mail has words of its own for the same dozen outcomes. A sender's module says
which of its words means which; what kind of event an outcome is, who acted, and whether a
person acted at all is said here, once.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import identifiers
from pipeline.landing.agents import UNKNOWN, Agent, agent
from pipeline.landing.clocks import Instant
from pipeline.landing.email.parties import is_staff
from pipeline.landing.json_fields import list_of
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Attribute, Event, Feed, Identifier
from pipeline.landing.text import redact


class Meaning(NamedTuple):
    """What an outcome says: the company's system did something, or the customer did."""

    kind: str
    actor: str = "system"
    direction: str = "outbound"


OUTCOMES = {
    "queued": Meaning("email_queued"),  # planned for later; `sent` once the sender took it on
    "sent": Meaning("email_sent"),
    "rejected": Meaning("email_rejected"),  # the sender never tried: suppressed or forbidden
    "failed": Meaning("email_failed"),  # the sender could not make a mail of it
    "bounced": Meaning("email_bounced"),
    "deferred": Meaning("email_deferred"),  # not taken yet; the sender tries again
    "delivered": Meaning("email_delivered"),
    "autoresponded": Meaning("email_autoresponded", "customer", "inbound"),
    "opened": Meaning("email_opened", "customer", "inbound"),
    "clicked": Meaning("email_clicked", "customer", "inbound"),
    "complained": Meaning("email_complained", "customer", "inbound"),
    "unsubscribed": Meaning("email_unsubscribed", "customer", "inbound"),
    "subscribed": Meaning("email_subscribed", "customer", "inbound"),
}
# What is done by a program that shows its user agent.
READ = {"opened", "clicked", "unsubscribed"}
# A server's words, and subjects, may hold addresses and numbers.
FREE_TEXT = {"reason", "response", "details", "subject"}

# Apple's servers fetch every picture of a mail, and say no more than this.
APPLE = "Mozilla/5.0"
SCANNER = re.compile(
    r"barracuda|mimecast|proofpoint|symantec|messagelabs|fireeye|trend ?micro|ironport|sophos"
    r"|forcepoint|safelinks|cloudmark|fortimail|bitdefender|kaspersky",
    re.IGNORECASE,
)
# Nobody reads a mail and follows two of its links while it is still on its way. Our choice.
SCAN_US = 10_000_000


class Notice(NamedTuple):
    """What a sender says of one mail.

    Attributes:
        outcome: One of OUTCOMES.
        word: The sender's own word for it.
        addresses: Whom it went to, as written.
        label: The first tag, category or campaign.
        user_agent: With what it was opened or clicked; empty where nothing is said.
        machine_reason: Why no person did it, where the sender knows.
        is_of_one: It happened to one of the addresses, and the sender does not say to which.
        bounce_type: hard (never again), soft (this time), blocked (refused by a policy).
        handles: Other names of the one customer, in normal form.
        attributes: What is known of the one customer.
    """

    outcome: str
    word: str
    occurred: Instant
    addresses: tuple[str, ...]
    is_of_one: bool = False
    own_id: str | None = None
    label: str | None = None
    message_id: str | None = None
    link: str | None = None
    user_agent: str = ""
    machine_reason: str | None = None
    bounce_type: str | None = None
    handles: tuple[Identifier, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    properties: Mapping[str, Any] = {}


def outcome_of(word: str, outcomes: Mapping[str, str]) -> str:
    """The outcome that a sender's word means.

    Raises:
        BadRecord: The sender's module does not know the word.
    """
    outcome = outcomes.get(word)
    if outcome is None:
        raise BadRecord(f"unknown event: {word[:40]!r}")
    return outcome


def events(number: int, notice: Notice, feed: Feed) -> list[Event]:
    """The events of a notice: one for each address that the company's system sent to.

    What a customer did was done by one of several addresses, nobody knows which: that is one
    event, and they are only mentioned. An address that is none is why some mail is rejected: that
    is landed, without a customer, and marked as unreadable.

    Raises:
        BadRecord: No recipient is named.
    """
    if not notice.addresses and not notice.handles:
        raise BadRecord("no recipient")
    people = [_recipient(written, feed) for written in notice.addresses]
    if None in people:
        notice = notice._replace(properties={**notice.properties, "unreadable": ["email"]})
    if len(notice.addresses) < 2:
        return [_event(number, notice, feed, (*filter(None, people), *notice.handles))]
    if OUTCOMES[notice.outcome].actor == "customer" or notice.is_of_one:
        mentioned = tuple(person._replace(role="mentioned") for person in people if person)
        return [_event(number, notice, feed, mentioned)]
    return [
        _event(
            number,
            notice._replace(own_id=f"{notice.own_id} {written}" if notice.own_id else None),
            feed,
            () if person is None else (person,),
        )
        for written, person in dict(zip(notice.addresses, people, strict=True)).items()
    ]


def _recipient(written: str, feed: Feed) -> Identifier | None:
    """Whom a mail went to: a customer, or staff at the company's own domains who tried it out."""
    address = identifiers.email(written)
    if address is None:
        return None
    domains = [domain.lower() for domain in feed.company.email_domains]
    role = "agent" if is_staff(address, domains) else "recipient"
    return Identifier(feed.namespace("email"), address, role)


def _event(number: int, notice: Notice, feed: Feed, who: tuple[Identifier, ...]) -> Event:
    """The event of a notice as it concerns one customer."""
    meaning = OUTCOMES[notice.outcome]
    reader = _reader(notice) if notice.outcome in READ else Agent(None, notice.machine_reason)
    if notice.outcome == "autoresponded":
        reader = Agent(None, "auto_reply")
    stated = {**notice.properties, "bounce_type": notice.bounce_type}
    return Event(
        record_number=number,
        own_id=notice.own_id,
        channel=channel_of(feed),
        kind=meaning.kind,
        kind_raw=notice.word,
        occurred=notice.occurred,
        identifiers=who,
        label=notice.label,
        actor=meaning.actor,
        direction=meaning.direction,
        machine_reason=reader.machine_reason,
        device_kind=reader.device_kind,
        object_kind="message" if notice.message_id else None,
        object_id=notice.message_id,
        link=(notice.link or "").partition("?")[0].partition("#")[0] or None,
        properties={
            name: redact(value) if name in FREE_TEXT and isinstance(value, str) else value
            for name, value in stated.items()
            if value not in (None, "", [], {})
        },
        attributes=notice.attributes,
    )


def _reader(notice: Notice) -> Agent:
    """With what a mail was opened or clicked, and whether a machine did it."""
    stated = notice.user_agent.strip()
    if notice.machine_reason is not None:
        return Agent(None, notice.machine_reason)
    if stated == APPLE:
        return Agent(None, "machine_open")
    # A mail provider fetches the picture for its customer, who did open the mail.
    if "ImageProxy" in stated or "MailProxy" in stated:
        return UNKNOWN
    return Agent("other", "mail_scanner") if SCANNER.search(stated) else agent(stated)


def is_scan(sent_us: int, clicks: Iterable[tuple[int, str]]) -> bool:
    """Whether clicks, each an instant and a link, are a scanner's that tries the links of a mail.

    Source: our choice; several links within ten seconds of sending.
    """
    return len({link for at, link in clicks if 0 <= at - sent_us <= SCAN_US}) > 1


def text_at(holder: dict[str, Any], name: str) -> str:
    """The text or number under a name, as text; empty when there is none.

    Raises:
        BadRecord: Something else stands there.
    """
    value = holder.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadRecord(f"{name} is no text: {str(value)[:40]!r}")
    return str(value)


def texts_at(holder: dict[str, Any], name: str) -> tuple[str, ...]:
    """The texts of a list under a name, or the one text that stands there alone.

    Raises:
        BadRecord: Something else stands there.
    """
    if isinstance(holder.get(name), str):
        return tuple(filter(None, [holder[name]]))
    found = list_of(holder, name)
    if not all(isinstance(each, str) for each in found):
        raise BadRecord(f"{name} is no list of texts: {str(found)[:40]!r}")
    return tuple(found)
