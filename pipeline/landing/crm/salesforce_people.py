"""Salesforce contacts and leads: creation, conversion and merges."""

from pipeline.errors import BadRecord
from pipeline.landing.attributes import attributes
from pipeline.landing.clocks import Instant
from pipeline.landing.crm.rows import (
    USER_IDS,
    Named,
    Reading,
    Row,
    cell,
    event,
    instant,
    is_deleted,
    is_true,
    merge,
    named,
    needed_instant,
    no_event,
    subject,
)
from pipeline.landing.crm.salesforce_ids import record_id
from pipeline.landing.record import Event, Identifier, Ignored

PEOPLE = {
    "email": ("email", "personemail"),
    "phone": ("phone", "mobilephone", "homephone", "otherphone", "personmobilephone"),
    "user_id": USER_IDS,
}
CHANGED = ("lastmodifieddate", "systemmodstamp", "fivetranstart", "fivetransynced")


def record(row: Row, namespace: str, *columns: str) -> Identifier:
    """The record that one of these columns names.

    Raises:
        BadRecord: None is filled, or its id is damaged.
    """
    text = cell(row, *columns)
    if text is None:
        raise BadRecord(f"no id in {' or '.join(columns)}")
    return subject(row, namespace, record_id(text))


def optional(row: Row, namespace: str, column: str) -> tuple[Identifier, ...]:
    """The record that a look-up column names, where it is filled."""
    return (record(row, namespace, column),) if column in row.cells else ()


def contact(row: Row) -> Reading:
    """A contact's creation, or that it was merged into another.

    An organisation that sells to persons keeps them as accounts, each with its contact's id.
    """
    if row.cells.get("id", "").startswith("001") and "personcontactid" not in row.cells:
        return no_event(row)
    return _person(row, "salesforce_contact", "contact")


def lead(row: Row) -> Reading:
    """A lead's creation, its conversion to a contact, or that it was merged into another."""
    found = list(_person(row, "salesforce_lead", "lead"))
    if is_deleted(row) or not (is_true(row, "isconverted") or "convertedcontactid" in row.cells):
        return found
    own = record(row, "salesforce_lead", "id")
    who = Named(
        (
            own,
            *optional(row, "salesforce_contact", "convertedcontactid"),
            *optional(row, "salesforce_opportunity", "convertedopportunityid"),
        )
    )
    converted = needed_instant(row, "converteddate", *CHANGED)
    created = instant(row, "createddate")
    # ConvertedDate is a day: its midnight lies before a lead of the same day.
    if created is not None and created.us > converted.us:
        converted = Instant(created.us, converted.precision, converted.basis)
    conversion = event(
        row,
        "lead_converted",
        "ConvertedDate",
        converted,
        who,
        own_id=f"lead/{own.value}/converted",
        actor="agent",
    )
    return [*found, conversion]


def _person(row: Row, namespace: str, word: str) -> list[Event | Ignored]:
    """The creation of a contact or a lead, or its merge: the one merged away is deleted."""
    own = record(row, namespace, "personcontactid", "id")
    # A person account's master is an account; its contact has a row of its own.
    if "masterrecordid" in row.cells and "personcontactid" not in row.cells:
        kept = record(row, namespace, "masterrecordid")
        return list(merge(row, kept, own, needed_instant(row, *CHANGED), "MasterRecordId"))
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    who = named(row, [own], PEOPLE)
    created = instant(row, "createddate")
    changed = instant(row, *CHANGED)
    kind, raw = (f"{word}_created", "CreatedDate")
    if created is None:
        kind, raw, created = f"{word}_updated", "LastModifiedDate", needed_instant(row, *CHANGED)
    known = attributes(row.cells.items(), stated=changed)
    return [event(row, kind, raw, created, who, attributes=known)]
