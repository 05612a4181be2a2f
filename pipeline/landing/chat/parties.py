"""Who speaks in a chat: staff, a bot or a customer, and in what role that makes the customer."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import identifiers
from pipeline.landing.json_fields import said
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Identifier

# Who acts -> the direction, and the customer's role in it.
PARTS = {
    "customer": ("inbound", "actor"),
    "agent": ("outbound", "recipient"),
    "bot": ("outbound", "recipient"),
    "system": ("internal", "subject"),
}
# Typed by people, who mistype: kept by name when they cannot be read.
TYPED = {"email", "phone"}


class Staff(NamedTuple):
    """Who is staff, as far as wend.toml says.

    Attributes:
        names: The source's `agents` and the company's telephone numbers, case folded.
        domains: The company's e-mail domains.
    """

    names: frozenset[str]
    domains: frozenset[str]


class Talk(NamedTuple):
    """A chat's source while one of its files is read.

    Attributes:
        others: What a first look, or the records so far, tell of who somebody is; as the format
            says.
    """

    feed: Feed
    channel: str
    staff: Staff
    others: dict[str, str]


class Handles(NamedTuple):
    """A customer's handles, and the names of those that cannot be read."""

    identifiers: tuple[Identifier, ...]
    unreadable: tuple[str, ...] = ()


def staff_of(feed: Feed) -> Staff:
    """Who is staff in a source."""
    region = feed.company.phone_region
    numbers = (identifiers.phone(number, region) for number in feed.company.phones)
    names = {name.strip().casefold() for name in feed.source.agents}
    return Staff(
        frozenset(names | {number for number in numbers if number is not None}),
        frozenset(domain.lower().removeprefix("@") for domain in feed.company.email_domains),
    )


def talk_of(feed: Feed, others: dict[str, str]) -> Talk:
    """A source with its channel and staff."""
    return Talk(feed, channel_of(feed), staff_of(feed), others)


def is_staff(staff: Staff, *handles: str | None) -> bool:
    """Whether one of somebody's names, ids, numbers or addresses is a member of staff's."""
    present = [handle.strip().casefold() for handle in handles if handle]
    return any(
        handle in staff.names or ("@" in handle and handle.rpartition("@")[2] in staff.domains)
        for handle in present
    )


def customer(feed: Feed, given: Iterable[tuple[str, object]]) -> Handles:
    """A customer's handles, as the one who acts: `given` are namespaces and raw values.

    A `user_id` counts as authenticated: chat systems take it from the company's own site alone.

    Raises:
        BadRecord: An id of another namespace than e-mail and phone that is damaged.
    """
    found: list[Identifier] = []
    unreadable: list[str] = []
    for name, value in given:
        if value is None or value == "":
            continue
        normal = identifiers.normalise(name, value, region=feed.company.phone_region)
        if normal is not None:
            found.append(Identifier(feed.namespace(name), normal, "actor", name == "user_id"))
        elif name in TYPED:
            unreadable.append(name)
        else:
            raise BadRecord(f"no usable {name}: {said(value)}")
    return Handles(tuple(dict.fromkeys(found)), tuple(unreadable))


def agent(feed: Feed, namespace: str, value: str | None) -> tuple[Identifier, ...]:
    """A member of staff's handle; none without a value."""
    return (Identifier(feed.namespace(namespace), value, "agent"),) if value else ()


def acted(event: Event, actor: str) -> Event:
    """The event as done by the customer, an agent, a bot or the system."""
    direction, role = PARTS[actor]
    return replace(event, actor=actor, direction=direction, identifiers=as_role(event, role))


def inside(event: Event) -> Event:
    """The event as one that its customer does not see but is the subject of."""
    return replace(event, direction="internal", identifiers=as_role(event, "subject"))


def as_role(event: Event, role: str) -> tuple[Identifier, ...]:
    """The event's identifiers, its customer's in another role."""
    return tuple(
        person if person.role in {"agent", "mentioned"} else person._replace(role=role)
        for person in event.identifiers
    )
