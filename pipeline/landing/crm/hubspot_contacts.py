"""HubSpot contacts: the record, its property history and its merges."""

import re

from pipeline.errors import BadRecord
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Instant, epoch
from pipeline.landing.crm.rows import (
    USER_IDS,
    Reading,
    Row,
    canonical,
    cell,
    event,
    instant,
    is_deleted,
    merge,
    named,
    needed_instant,
    opaque,
    subject,
)
from pipeline.landing.identifiers import code
from pipeline.landing.record import Event, Ignored

ID = ("id", "recordid", "contactid", "vid", "hsobjectid")
PEOPLE = {
    "email": ("email", "hsadditionalemails", "additionalemailaddresses", "workemail"),
    "phone": ("phone", "phonenumber", "mobilephone", "mobilephonenumber"),
    "user_id": USER_IDS,
}
MERGED = ("hsmergedobjectids", "mergedobjectids", "mergedrecordids")
# Each merged contact with its Unix milliseconds after a colon.
MERGED_AT = ("hscalculatedmergedvids", "mergedvidswithtimestampsofacontact")
MODIFIED = ("lastmodifieddate", "hslastmodifieddate", "updatedat")
# HubSpot keeps the day each stage of the life cycle began, under either name.
BECAME = re.compile(r"(?:hslifecyclestage|becamean|becamea)([a-z]+?)date")


def contact(row: Row) -> Reading:
    """A contact's creation, the beginnings of its life-cycle stages, and its merges."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = subject(row, "hubspot_contact", opaque(row, *ID))
    who = named(row, [own], PEOPLE)
    created = instant(row, "createdate", "hscreatedate", "createdat")
    changed = instant(row, *MODIFIED) or instant(row, "fivetransynced")
    known = attributes(row.cells.items(), stated=changed)
    found: list[Event | Ignored] = []
    if created is not None:
        found.append(event(row, "contact_created", "contact", created, who, attributes=known))
    elif changed is not None:
        found.append(event(row, "contact_updated", "contact", changed, who, attributes=known))
    else:
        raise BadRecord("no time: export the column Create Date too")
    for column in row.cells:
        if match := BECAME.fullmatch(column):
            began = needed_instant(row, column)
            found.append(_stage(row, own.value, match[1], began))
    found.extend(_merged(row, own.value, changed or created))
    return found


def _stage(row: Row, contact_id: str, stage: str, began: Instant) -> Event:
    """That a contact entered a stage of HubSpot's life cycle."""
    return event(
        row,
        "lifecycle_stage_changed",
        "lifecyclestage",
        began,
        named(row, [subject(row, "hubspot_contact", contact_id)], {}),
        own_id=f"contact/{contact_id}/lifecyclestage/{stage}/{began.us}",
        label=stage,
    )


def _merged(row: Row, contact_id: str, noticed: Instant | None) -> list[Event | Ignored]:
    """The merges a contact's row lists; those without a time of their own are of `noticed`."""
    kept = subject(row, "hubspot_contact", contact_id)
    found: list[Event | Ignored] = []
    for part in filter(None, (cell(row, *MERGED_AT) or "").split(";")):
        written, _, at = part.strip().partition(":")
        when = epoch(at, "ms", row.clock)
        gone = code(written)
        if gone is None:
            raise BadRecord(f"no usable id among the merged ones: {part[:40]!r}")
        found.extend(merge(row, kept, subject(row, "hubspot_contact", gone), when, "merged_vids"))
    for part in filter(None, (cell(row, *MERGED) or "").split(";")):
        value = code(part)
        if value is None:
            raise BadRecord(f"no usable id among the merged ones: {part[:40]!r}")
        assert noticed is not None
        gone_id = subject(row, "hubspot_contact", value)
        found.extend(merge(row, kept, gone_id, noticed, "merged_object_ids"))
    return found


def property_history(row: Row) -> Reading:
    """A change of life-cycle stage, of an address or a number, or a merge; others are ignored."""
    name = canonical(row.cells.get("name", ""))
    value = row.cells.get("value", "")
    contact_id = opaque(row, "contactid")
    changed = needed_instant(row, "timestamp")
    if not value:
        return [Ignored(row.number, "property emptied")]
    if name == "lifecyclestage":
        return [_stage(row, contact_id, value, changed)]
    # The history of one property is a row of a contact that has only this property.
    known = Row(row.number, {name: value}, row.feed, row.clock)
    if name in MERGED or name in MERGED_AT:
        return _merged(known, contact_id, changed)
    if any(name in columns for columns in PEOPLE.values()):
        who = named(known, [subject(row, "hubspot_contact", contact_id)], PEOPLE)
        return [event(row, "contact_updated", row.cells["name"], changed, who)]
    return [Ignored(row.number, "other property")]


def merge_audit(row: Row) -> Reading:
    """That one contact was merged into another."""
    kept = subject(row, "hubspot_contact", opaque(row, "canonicalvid"))
    gone = subject(row, "hubspot_contact", opaque(row, "vidtomerge"))
    when = needed_instant(row, "timestamp", "fivetransynced")
    return merge(row, kept, gone, when, "contact_merge_audit")
