"""Matomo visits to events: one record for each visit, one event for it and one for each action.

Source: the Live API's `getLastVisitsDetails` as JSON (Matomo 3 to 5): a list of visits, each
with its actionDetails. Numbers may be written as texts.
Used: idVisit, visitorId, userId, firstActionTimestamp, deviceType, referrer and campaign, and of
an action its type, url, title, timestamp, event, goal, order. Ignored by name: whatever changes
while a visit is open (duration, counts, timeSpent, last action), all `*Pretty` and `*Icon`
twins, the address, the fingerprint (many share one), the search keyword (people type names).
Identifiers: userId -> user_id; visitorId (first-party cookie) -> anonymous_id.
Clock: Unix seconds. The twins in the site's own zone are not read.
A visit that was open at one export is longer in the next. Each action keeps its own id, so what
landed before is recognised; a userId that became known later makes a revision.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.agents import known_range
from pipeline.landing.containers.json_records import json_array
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Outcome, RawFile, outcomes
from pipeline.landing.web.segment import bare, kind_of, path_of
from pipeline.landing.web.tracker_fields import Handle, named, needed, price, text

# All that the core and the plugins delivered with it give; a company's own dimensions are new.
RECORD_FIELDS = frozenset(
    {
        *("idSite", "siteName", "idVisit", "visitIp", "visitorId", "fingerprint", "userId"),
        *("actionDetails", "goalConversions", "siteCurrency", "siteCurrencySymbol", "serverDate"),
        *("visitServerHour", "lastActionTimestamp", "lastActionDateTime", "serverTimestamp"),
        *("firstActionTimestamp", "serverTimePretty", "serverDatePretty"),
        *("serverDatePrettyFirstAction", "serverTimePrettyFirstAction", "visitorType"),
        *("visitorTypeIcon", "visitConverted", "visitConvertedIcon", "visitCount"),
        *("visitEcommerceStatus", "visitEcommerceStatusIcon", "daysSinceFirstVisit"),
        *("secondsSinceFirstVisit", "daysSinceLastVisit", "secondsSinceLastVisit"),
        *("daysSinceLastEcommerceOrder", "secondsSinceLastEcommerceOrder", "visitDuration"),
        *("visitDurationPretty", "searches", "events", "actions", "interactions", "referrerType"),
        *("referrerTypeName", "referrerName", "referrerKeyword", "referrerKeywordPosition"),
        *("referrerUrl", "referrerSearchEngineUrl", "referrerSearchEngineIcon"),
        *("referrerSocialNetworkUrl", "referrerSocialNetworkIcon", "campaignId", "campaignContent"),
        *("campaignKeyword", "campaignMedium", "campaignName", "campaignSource", "campaignGroup"),
        *("campaignPlacement", "languageCode", "language", "deviceType", "deviceTypeIcon"),
        *("deviceBrand", "deviceModel", "operatingSystem", "operatingSystemName"),
        *("operatingSystemIcon", "operatingSystemCode", "operatingSystemVersion", "browserFamily"),
        *("browserFamilyDescription", "browser", "browserName", "browserIcon", "browserCode"),
        *("browserVersion", "totalEcommerceRevenue", "totalEcommerceConversions"),
        *("totalEcommerceItems", "totalAbandonedCartsRevenue", "totalAbandonedCarts"),
        *("totalAbandonedCartsItems", "continent", "continentCode", "country", "countryCode"),
        *("countryFlag", "region", "regionCode", "city", "location", "latitude", "longitude"),
        *("visitLocalTime", "visitLocalHour", "resolution", "plugins", "pluginsIcons", "provider"),
        *("providerName", "providerUrl", "customVariables", "truncatedActionsCount", "result"),
        *("message",),
    }
)
# PHP writes a number as text or as a number by its database driver, and an empty object as a list.
VARIED_FIELDS = frozenset(
    {
        *("idSite", "idVisit", "userId", "visitorId", "goalConversions", "visitServerHour"),
        *("lastActionTimestamp", "serverTimestamp", "firstActionTimestamp", "visitConverted"),
        *("visitCount", "daysSinceFirstVisit", "secondsSinceFirstVisit", "daysSinceLastVisit"),
        *("secondsSinceLastVisit", "daysSinceLastEcommerceOrder", "secondsSinceLastEcommerceOrder"),
        *("visitDuration", "searches", "events", "actions", "interactions"),
        *("referrerKeywordPosition", "totalEcommerceRevenue", "totalEcommerceConversions"),
        *("totalEcommerceItems", "totalAbandonedCartsRevenue", "totalAbandonedCarts"),
        *("totalAbandonedCartsItems", "latitude", "longitude", "visitLocalHour", "customVariables"),
        *("truncatedActionsCount",),
    }
)

KINDS = {
    "action": "page_viewed",
    "search": "site_searched",
    "outlink": "link_clicked",
    "download": "file_downloaded",
    "goal": "goal_converted",
    "ecommerceOrder": "order_completed",
    "ecommerceAbandonedCart": "cart_abandoned",
    "content": "content_shown",
    "form": "form_submitted",
}
DEVICES = {
    "desktop": "desktop",
    "smartphone": "mobile",
    "feature phone": "mobile",
    "phablet": "mobile",
    "tablet": "tablet",
}
VISIT = ("idSite", "siteName", "visitorType", "country", "languageCode", "referrerType")
SOURCES = ("referrerName", "campaignName", "campaignSource", "campaignMedium", "campaignContent")


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each visit of a file became.

    Raises:
        SourceRefused: As for `containers.json_array`.
    """
    return outcomes(json_array(file), partial(interpret, feed, channel_of(feed)))


def interpret(feed: Feed, channel: str, number: int, visit: Mapping[str, Any]) -> Iterator[Event]:
    """The events of a visit: its beginning, then its actions in their order.

    Raises:
        BadRecord: No id or time, an answer that is an error, an action that cannot be read.
    """
    if visit.get("result") == "error":
        raise BadRecord(f"Matomo answered with an error: {str(visit.get('message'))[:200]}")
    visit_id = needed(visit, "idVisit")
    who = named(
        [
            Handle("user_id", text(visit, "userId"), is_authenticated=True),
            Handle("anonymous_id", text(visit, "visitorId")),
        ],
        feed,
    )
    device = (text(visit, "deviceType") or "").lower()
    stated = {name: text(visit, name) for name in (*VISIT, *SOURCES)}
    start = Event(
        record_number=number,
        own_id=visit_id,
        channel=channel,
        kind="session_started",
        kind_raw="visit",
        occurred=clocks.epoch(visit.get("firstActionTimestamp"), "s", feed.clock),
        identifiers=who.identifiers,
        label=text(visit, "referrerType"),
        machine_reason=known_range(visit.get("visitIp"), feed.company.machine_ranges),
        device_kind=DEVICES.get(device, "other" if device else None),
        object_kind="session",
        object_id=visit_id,
        properties={name: value for name, value in stated.items() if value is not None},
    )
    yield start
    seen: Counter[str] = Counter()
    for position, action in enumerate(_actions(visit), start=1):
        name = _name(action)
        seen[name] += 1
        if seen[name] > 1:
            name = f"{name}:{seen[name]}"
        event = replace(
            start,
            own_id=f"{visit_id}:{name}",
            source_sequence=position,
            label=None,
            properties={"session_id": visit_id},
        )
        yield _acted(event, action, visit, feed)


def _actions(visit: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The visit's actions.

    Raises:
        BadRecord: They are no list of objects.
    """
    found = visit.get("actionDetails")
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BadRecord(f"actionDetails is no list of objects: {str(found)[:40]!r}")
    return found


def _name(action: Mapping[str, Any]) -> str:
    """What tells an action from the visit's others in every export.

    Raises:
        BadRecord: It has neither id nor time.
    """
    kind = needed(action, "type")
    if kind == "ecommerceOrder" and (order := text(action, "orderId")):
        return f"order:{order}"
    if kind == "goal":
        return f"goal:{text(action, 'goalId')}:{needed(action, 'timestamp')}"
    own = text(action, "pageId") or text(action, "idlink_va")
    return f"{kind}:{own}" if own else f"{kind}:{needed(action, 'timestamp')}"


def _acted(event: Event, action: Mapping[str, Any], visit: Mapping[str, Any], feed: Feed) -> Event:
    """The event of an action.

    Raises:
        BadRecord: No time, or no name can be made of it.
    """
    word = needed(action, "type")
    url = text(action, "url")
    if word == "event":
        word = needed(action, "eventAction")
        kind = kind_of(word)
    else:
        kind = KINDS.get(word) or kind_of(word)
    if not kind:
        raise BadRecord(f"an action without a readable name: {word[:40]!r}")
    stated = {
        "page_title": text(action, "pageTitle"),
        "category": text(action, "eventCategory"),
        "value": action.get("eventValue"),
    }
    event = replace(
        event,
        kind=kind,
        kind_raw=word,
        occurred=clocks.epoch(action.get("timestamp"), "s", feed.clock),
        label=_label(action, url),
        object_kind="page" if kind == "page_viewed" else None,
        object_id=None,
        link=url,
        properties=event.properties
        | {name: value for name, value in stated.items() if value not in (None, "")},
    )
    if kind != "order_completed":
        return event
    cents, currency = price(action.get("revenue"), visit.get("siteCurrency"), feed)
    order = text(action, "orderId")
    return replace(
        event, amount_cents=cents, currency=currency, object_kind="order", object_id=order
    )


def _label(action: Mapping[str, Any], url: str | None) -> str | None:
    """What it was about: a page's path, a link's address, a goal's or an event's name."""
    if action.get("type") == "event":
        return text(action, "eventName") or text(action, "eventCategory")
    if action.get("type") == "goal":
        return text(action, "goalName")
    if action.get("type") in {"outlink", "download"}:
        return bare(url) if url else None
    return path_of({"url": url})
