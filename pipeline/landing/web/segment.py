"""Segment and RudderStack calls, one JSON object a line, to events.

Source: Segment's Spec and RudderStack's event spec (2024), as destinations store them. Used: type,
event, name, messageId, properties, traits, context (userAgent, page, campaign, device, traits, ip).
Identifiers: userId -> user_id; anonymousId and an alias's made-up previousId -> anonymous_id;
context.device.id -> device_id; traits' email and phone. Clock: `timestamp` (else
`originalTimestamp`), ISO 8601, corrected by the tracker for a wrong device clock; received at
`receivedAt`.

A field is used, kept among the properties, or left out by name; a field no version of the
specification has is kept under `unexpected_fields`. What names a person becomes an identifier
or is left out: properties are published. An address of the network, `context.ip`, only tells
whether it lies in one of the company's `machine_ranges`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing import clocks, money
from pipeline.landing.agents import agent, known_range
from pipeline.landing.attribute_names import OBJECTIONS, WORDS
from pipeline.landing.attributes import attributes, compact
from pipeline.landing.containers.json_records import json_lines
from pipeline.landing.identifiers import normalise
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Attribute, Event, Feed, Identifier, Outcome, RawFile, outcomes

TYPES = ("page", "screen", "track", "identify", "alias", "group", "merge")
USED = frozenset(
    {
        *("type", "event", "name", "properties", "traits", "context", "messageId", "userId"),
        *("anonymousId", "previousId", "groupId", "mergeProperties"),
        *("timestamp", "originalTimestamp", "receivedAt"),
    }
)
# Delivery matters of the tracker's own; they say nothing about a customer.
LEFT_OUT = frozenset(
    {
        *("sentAt", "integrations", "version", "channel", "writeKey", "projectId", "category"),
        *("_metadata", "rudderId", "request_ip", "sourceId", "sourceType", "destinationId"),
        *("workspaceId", "instanceId", "namespace", "jobId", "taskId", "jobRunId", "taskRunId"),
    }
)
RECORD_FIELDS = USED | LEFT_OUT
# The specification writes it as a text and as a number.
VARIED_FIELDS = frozenset({"version"})
PERSONAL_PROPERTIES = frozenset({"email", "phone", "search"})
PERSONAL_TRAITS = PERSONAL_PROPERTIES | {
    *("name", "firstName", "lastName", "first_name", "last_name", "username", "address"),
    *("birthday", "avatar", "ip"),
}
# What becomes an attribute is not published as a property.
ATTRIBUTES = WORDS.keys() | OBJECTIONS.keys()
ADDRESSES = ("url", "referrer", "path")
OBJECTS = {"order_id": "order", "orderId": "order", "product_id": "product", "sku": "product"}
ORIGIN = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
# Anonymous ids are made by the trackers, as UUIDs; a company's own user ids rarely are.
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
MERGED = {
    "email": "email",
    "phone": "phone",
    "user_id": "user_id",
    "userid": "user_id",
    "anonymous_id": "anonymous_id",
    "anonymousid": "anonymous_id",
}


class Content(NamedTuple):
    """The parts of a call that do not say who or when.

    Attributes:
        traits: Of the person, or in a group call of the account.
        known_traits: Of the person, as the tracker remembers them.
    """

    type: Any
    event: Any
    name: Any
    group_id: Any
    properties: Mapping[str, Any]
    traits: Mapping[str, Any]
    known_traits: Mapping[str, Any]
    page: Mapping[str, Any]
    campaign: Mapping[str, Any]


class Particulars(NamedTuple):
    """What a call says beside who and when.

    Attributes:
        email, phone: As the traits give them; no normal form yet.
        properties: With nothing that names a person.
        attributes: Of the person that an identify call describes.
    """

    kind: str
    kind_raw: str
    label: str | None
    object_kind: str | None
    object_id: str | None
    amount_cents: int | None
    currency: str | None
    email: Any
    phone: Any
    properties: dict[str, Any]
    attributes: tuple[Attribute, ...]


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """The events of a file of calls."""
    return outcomes(json_lines(file), partial(interpret, feed, channel_of(feed)))


def interpret(feed: Feed, channel: str, number: int, call: dict[str, Any]) -> list[Event]:
    """The one event of a call.

    Raises:
        BadRecord: Of no known type, without a time, or with a field of the wrong kind.
    """
    context = part(call, "context")
    said = particulars(content_of(call), feed.company.currency)
    found, unreadable = identifiers(call, context, said, feed)
    properties = said.properties
    if unreadable:
        properties["unreadable"] = sorted(unreadable)
    if unexpected := {name: call[name] for name in call.keys() - USED - LEFT_OUT}:
        properties["unexpected_fields"] = unexpected
    browser = agent(text(context, "userAgent"))
    stamp = call.get("timestamp") or call.get("originalTimestamp")
    if stamp is None:
        raise BadRecord("no timestamp and no originalTimestamp")
    received = call.get("receivedAt")
    return [
        Event(
            record_number=number,
            own_id=text(call, "messageId") or None,
            channel=channel,
            kind=said.kind,
            kind_raw=said.kind_raw,
            occurred=clocks.iso(str(stamp), feed.clock),
            received_us=clocks.iso(str(received), feed.clock).us if received else None,
            identifiers=found,
            label=said.label,
            machine_reason=browser.machine_reason
            or known_range(context.get("ip"), feed.company.machine_ranges),
            device_kind=browser.device_kind or device_kind(part(context, "device")),
            object_kind=said.object_kind,
            object_id=said.object_id,
            amount_cents=said.amount_cents,
            currency=said.currency,
            is_merge=said.kind == "identity_merged",
            properties=properties,
            attributes=said.attributes,
        )
    ]


def content_of(call: Mapping[str, Any]) -> Content:
    """The parts of a call that do not say who or when.

    Raises:
        BadRecord: One that must be an object is none.
    """
    context = part(call, "context")
    return Content(
        call.get("type"),
        call.get("event"),
        call.get("name"),
        call.get("groupId"),
        part(call, "properties"),
        part(call, "traits"),
        part(context, "traits"),
        part(context, "page"),
        part(context, "campaign"),
    )


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within an object; empty where there is none.

    Raises:
        BadRecord: Something else stands there.
    """
    found = whole.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRecord(f"{name} is no object: {str(found)[:40]!r}")
    return found


def text(whole: Mapping[str, Any], name: str) -> str | None:
    """A text, or a number as text; None where there is none.

    Raises:
        BadRecord: A list, an object or a truth value stands there.
    """
    found = whole.get(name)
    if found is None or isinstance(found, str):
        return found
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise BadRecord(f"{name} is no text: {str(found)[:40]!r}")
    return str(found)


@lru_cache(maxsize=10_000)
def kind_of(name: str) -> str:
    """An event's name as a kind: `Order Completed` and `orderCompleted` are order_completed."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", split).strip("_").lower()


def bare(address: str) -> str:
    """An address without its query and fragment, which may name people."""
    return address.partition("#")[0].partition("?")[0]


def path_of(place: Mapping[str, Any]) -> str | None:
    """The path of a page, without host and query; None where neither path nor URL is given."""
    for name in ("path", "url"):
        if found := place.get(name):
            path = bare(str(found))
            return (path if path.startswith("/") else ORIGIN.sub("", path, count=1)) or "/"
    return None


def particulars(content: Content, home_currency: str) -> Particulars:
    """What a call says beside who and when: a function of its content alone.

    Raises:
        BadRecord: An unknown type, a track call without a name, revenue that is no number.
    """
    kind, kind_raw, label = call_kind(content)
    cents, currency = amount(content.properties, home_currency)
    object_kind, object_id = subject(content)
    # A group's own traits are the account's, not the person's.
    own = {} if content.type == "group" else content.traits
    person = {**content.known_traits, **own}
    return Particulars(
        kind,
        kind_raw,
        label,
        object_kind,
        object_id,
        cents,
        currency,
        person.get("email"),
        person.get("phone"),
        kept(content, person),
        # Trackers repeat in every call what they remember of the person.
        attributes(person.items()) if content.type == "identify" else (),
    )


def call_kind(content: Content) -> tuple[str, str, str | None]:
    """The kind, the source's word for it and the label.

    Raises:
        BadRecord: An unknown type, or a track call without a name.
    """
    call_type, event = content.type, content.event
    called = str(content.name or content.properties.get("name") or "") or None
    if call_type == "track":
        kind = kind_of(event) if isinstance(event, str) else ""
        if not kind:
            raise BadRecord(f"a track call without an event name: {str(event)[:40]!r}")
        return kind, str(event), None
    if call_type == "page":
        path = path_of(content.properties) or path_of(content.page)
        return "page_viewed", "page", path or called
    if call_type == "screen":
        return "screen_viewed", "screen", called or (str(event) if event else None)
    kinds = {
        "identify": "customer_identified",
        "group": "account_joined",
        "alias": "identity_merged",
        "merge": "identity_merged",
    }
    if not isinstance(call_type, str) or call_type not in kinds:
        raise BadRecord(f"type {str(call_type)[:40]!r} is none of {', '.join(TYPES)}")
    return kinds[call_type], call_type, None


def amount(properties: Mapping[str, Any], home_currency: str) -> tuple[int | None, str | None]:
    """Money in minor units, and its currency: revenue, else total, else a value with a currency.

    Raises:
        BadRecord: Revenue or total is no number, or the currency none.
    """
    names = ("revenue", "total", "value")
    name = next((key for key in names if properties.get(key) not in (None, "")), None)
    given = properties.get("currency")
    if name is None or (
        name == "value" and (given is None or money.decimal(properties[name]) is None)
    ):
        return None, None
    code = home_currency if given in (None, "") else money.currency(given)
    if code is None:
        raise BadRecord(f"not a currency: {str(given)[:40]!r}")
    return money.minor_units(properties[name], code), code


def subject(content: Content) -> tuple[str | None, str | None]:
    """The kind and id of the thing a call is about."""
    if content.type == "group":
        return "account", None if content.group_id is None else str(content.group_id)
    if content.type in {"page", "screen"}:
        return content.type, None
    for key, kind in OBJECTS.items():
        if (found := content.properties.get(key)) not in (None, ""):
            return kind, str(found)
    return None, None


def kept(content: Content, person: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are published: nothing that names a person, no query of an address."""
    given = content.properties.items()
    found = {key: value for key, value in given if key not in PERSONAL_PROPERTIES}
    for key in ADDRESSES:
        if isinstance(address := found.get(key), str):
            found[key] = bare(address)
    if content.type in {"identify", "group"}:
        is_person = content.type == "identify"
        traits = person if is_person else content.traits
        found |= {
            key: value
            for key, value in traits.items()
            if key not in PERSONAL_TRAITS and not (is_person and compact(key) in ATTRIBUTES)
        }
    if content.name and content.type in {"page", "screen"}:
        found["name"] = content.name
    if content.campaign:
        found["campaign"] = dict(content.campaign)
    return found


def identifiers(
    call: Mapping[str, Any], context: Mapping[str, Any], said: Particulars, feed: Feed
) -> tuple[tuple[Identifier, ...], list[str]]:
    """The customer's handles in normal form, and the namespaces of those that have none.

    Raises:
        BadRecord: An id is no text, or an alias names only one.
    """
    given: list[tuple[str, Any, bool]] = [
        ("user_id", text(call, "userId"), True),
        ("anonymous_id", text(call, "anonymousId"), False),
        ("email", said.email, False),
        ("phone", said.phone, False),
        ("device_id", text(part(context, "device"), "id"), False),
    ]
    if call["type"] == "alias":
        previous = text(call, "previousId")
        if not previous or not (call.get("userId") or call.get("anonymousId")):
            raise BadRecord("an alias needs previousId and userId")
        is_anonymous = previous == call.get("anonymousId") or UUID.fullmatch(previous)
        given.append(("anonymous_id" if is_anonymous else "user_id", previous, False))
    if call["type"] == "merge":
        given += merged(call.get("mergeProperties"))
    found, unreadable = [], []
    for name, value, is_authenticated in given:
        if value is None or value == "":
            continue
        normal = normalise(name, value, region=feed.company.phone_region)
        if normal is None:
            unreadable.append(name)
        else:
            found.append(Identifier(feed.namespace(name), normal, "actor", is_authenticated))
    return tuple(dict.fromkeys(found)), unreadable


def merged(pairs: Any) -> list[tuple[str, Any, bool]]:
    """The handles that a RudderStack merge call declares to be one person.

    Raises:
        BadRecord: Fewer than two, or of an unknown kind.
    """
    if not isinstance(pairs, list) or len(pairs) < 2:
        raise BadRecord("a merge needs two mergeProperties")
    found: list[tuple[str, Any, bool]] = []
    for pair in pairs:
        kind = str(pair.get("type")).lower() if isinstance(pair, dict) else ""
        if kind not in MERGED:
            raise BadRecord(f"a merge of an unknown kind of id: {str(pair)[:40]!r}")
        found.append((MERGED[kind], text(pair, "value"), False))
    return found


def device_kind(device: Mapping[str, Any]) -> str | None:
    """What an app says of its device, where no browser speaks."""
    kind = str(device.get("type") or "").lower()
    if kind in {"ios", "android"}:
        return "mobile"
    return "other" if kind else None
