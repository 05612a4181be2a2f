"""What trackers' records hold: texts, objects, handles and addresses, taken without guessing.

A value that is present but cannot be read refuses its record; only an e-mail address or a
telephone number that a person typed wrongly costs itself alone, and is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from pipeline.errors import BadRecord
from pipeline.landing import clocks, money
from pipeline.landing.clocks import Clock, Instant
from pipeline.landing.identifiers import normalise
from pipeline.landing.record import Feed, Identifier
from pipeline.landing.web.segment import UUID, bare

# Typed by people, so often wrong; ids made by machines are right or their record is damaged.
TYPED = ("email", "phone")
# Names of properties that say who somebody is, in lower case and without `$` and `_`.
PERSONAL = frozenset(
    {
        *("email", "phone", "firstname", "lastname", "fullname", "username", "address", "street"),
        *("birthday", "birthdate", "avatar", "ip", "ipaddress", "password", "token", "search"),
    }
)
# What shops call the same things, in the words of GA4 and Snowplow.
KINDS = {
    "page_view": "page_viewed",
    "screen_view": "screen_viewed",
    "session_start": "session_started",
    "session_end": "session_ended",
    "click": "link_clicked",
    "link_click": "link_clicked",
    "submit_form": "form_submitted",
    "form_start": "form_started",
    "form_submit": "form_submitted",
    "scroll": "page_scrolled",
    "search": "site_searched",
    "site_search": "site_searched",
    "view_search_results": "site_searched",
    "file_download": "file_downloaded",
    "video_start": "video_started",
    "video_complete": "video_completed",
    "purchase": "order_completed",
    "refund": "order_refunded",
    "add_to_cart": "product_added",
    "remove_from_cart": "product_removed",
    "add_to_wishlist": "product_added_to_wishlist",
    "view_item": "product_viewed",
    "view_item_list": "product_list_viewed",
    "select_item": "product_clicked",
    "view_cart": "cart_viewed",
    "begin_checkout": "checkout_started",
    "add_payment_info": "payment_info_entered",
    "login": "signed_in",
    "sign_up": "signed_up",
}


class Handle(NamedTuple):
    """An identifier as a record gives it; an empty value is none."""

    namespace: str
    value: str | None
    is_authenticated: bool = False


class Named(NamedTuple):
    """The customer of an event.

    Attributes:
        unreadable: Namespaces of typed handles that have no normal form.
    """

    identifiers: tuple[Identifier, ...]
    unreadable: list[str]


def text(record: Mapping[str, Any], name: str) -> str | None:
    """A text, or a whole number as text; None where there is none.

    Raises:
        BadRecord: Something else stands there, such as an id that became a fraction.
    """
    found = record.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, str):
        return found
    if isinstance(found, bool) or not isinstance(found, int):
        raise BadRecord(f"{name} is no text: {str(found)[:40]!r}")
    return str(found)


def needed(record: Mapping[str, Any], name: str) -> str:
    """As `text`, of a record that is nothing without it.

    Raises:
        BadRecord: It is missing, or no text.
    """
    found = text(record, name)
    if found is None:
        raise BadRecord(f"no {name}")
    return found


def embedded(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object, or one written as JSON text; empty where there is none.

    Raises:
        BadRecord: Something else stands there.
    """
    found = parsed(record.get(name), name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadRecord(f"{name} is no JSON object: {str(found)[:40]!r}")
    return found


def parsed(value: Any, name: str) -> Any:
    """What a JSON text holds; any other value as it is, None for an empty text.

    Raises:
        BadRecord: A text that is not JSON.
    """
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"{name} is not JSON: {value[:40]!r}") from error


def is_true(value: Any) -> bool:
    """Whether a yes-or-no field says yes: true, 1 or their spellings."""
    return str(value).strip().lower() in {"true", "1"}


def utc(value: Any, clock: Clock) -> Instant:
    """The instant of a stamp that, by its format's rule, is UTC where it names no zone.

    Raises:
        BadRecord: No ISO 8601 stamp, or outside the clock's limits.
    """
    return clocks.declared(value, "iso", _in_utc(clock))


@lru_cache(maxsize=16)
def _in_utc(clock: Clock) -> Clock:
    """The clock, for stamps in UTC; made once for each source."""
    return replace(clock, zone=ZoneInfo("UTC"))


def named(handles: Iterable[Handle], feed: Feed, role: str = "actor") -> Named:
    """The customer's handles in normal form.

    Raises:
        BadRecord: An id that has none, such as one that a spreadsheet rounded.
    """
    found, unreadable = [], []
    for name, value, is_authenticated in handles:
        if value is None or not value.strip():
            continue
        namespace = feed.namespace(name)
        normal = normalise(namespace, value, region=feed.company.phone_region)
        if normal is not None:
            found.append(Identifier(namespace, normal, role, is_authenticated))
        elif name in TYPED:
            unreadable.append(name)
        else:
            raise BadRecord(f"no usable {name}: {value[:40]!r}")
    return Named(tuple(dict.fromkeys(found)), unreadable)


def looks_anonymous(distinct_id: str) -> bool:
    """Whether an id has the form of those that trackers make up for a browser, a UUID."""
    return UUID.fullmatch(distinct_id) is not None


def is_personal(name: str) -> bool:
    """Whether a property by this name says who somebody is."""
    return name.lower().replace("_", "").removeprefix("$") in PERSONAL


def published(value: Any) -> Any:
    """A JSON value as it may be published: nothing that names a person, no query of an address."""
    if isinstance(value, dict):
        return {name: published(part) for name, part in value.items() if not is_personal(name)}
    if isinstance(value, list):
        return [published(part) for part in value]
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        return bare(value)
    return value


def price(value: Any, currency: Any, feed: Feed) -> tuple[int | None, str | None]:
    """Minor units and currency, the company's own where none is named; both None without a value.

    Raises:
        BadRecord: No number, or no currency.
    """
    if value is None or value == "":
        return None, None
    code = feed.company.currency if currency in (None, "") else money.currency(currency)
    if code is None:
        raise BadRecord(f"not a currency: {str(currency)[:40]!r}")
    return money.minor_units(value, code), code
