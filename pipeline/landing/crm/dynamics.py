"""Dynamics 365 tables (Dataverse Web API answers, CSV of the same columns) to events.

Used: contact, lead, opportunity, the rows of its process flow (`opportunitysalesprocess`),
incident (a case), activitypointer and the tables of single kinds of activity. Left out: accounts,
users, products and every column not named here. Both spellings of a look-up are read, `_x_value`
and `x`, and of an option the label beside its number, `x@OData...FormattedValue` or `xname`.

Identifiers: GUIDs in lower case, whatever case or braces they were written with, as
`dynamics_contact`, `dynamics_lead`, `dynamics_opportunity` and `dynamics_case`; e-mail, phone,
`externaluseridentifier` as user_id. A row with `merged` is a merge into its `masterid`. A lead
that was qualified is tied to its contact. Clock: ISO with `Z`; an Excel export has the user's own
zone, which is the source's `time_zone`.

An opportunity's row is its present state: its stages come from the process flow, or from nightly
exports by the format `snapshot`. When it was won or lost it says itself. A case does not say when
it was resolved: its `incidentresolution` activity does.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.attributes import attributes
from pipeline.landing.crm import dynamics_fields
from pipeline.landing.crm.documents import read_documents
from pipeline.landing.crm.dynamics_deals import opportunity, process
from pipeline.landing.crm.dynamics_ids import guid, label_of, looked_up, own, party
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    Table,
    association,
    cell,
    event,
    instant,
    is_deleted,
    is_to_come,
    is_true,
    merge,
    named,
    needed_instant,
    needs,
    no_event,
)
from pipeline.landing.record import Attribute, Event, Feed, Identifier, Ignored, Outcome, RawFile

RECORD_FIELDS = dynamics_fields.PROTOCOL | dynamics_fields.COLUMNS | dynamics_fields.LOOK_UPS
PEOPLE = {
    "email": ("emailaddress1", "emailaddress2", "emailaddress3"),
    "phone": ("telephone1", "telephone2", "telephone3", "mobilephone"),
    "user_id": ("externaluseridentifier",),
}
# activitytypecode, as text or number -> kind, direction
ACTIVITIES = {
    "phonecall": ("call_logged", "outbound"),
    "4210": ("call_logged", "outbound"),
    "email": ("email_logged", "outbound"),
    "4202": ("email_logged", "outbound"),
    "appointment": ("meeting_held", "outbound"),
    "4201": ("meeting_held", "outbound"),
    "task": ("task_added", "internal"),
    "4212": ("task_added", "internal"),
}
RESOLUTIONS = {"incidentresolution", "4206"}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the rows of one Dataverse table became.

    Raises:
        SourceRefused: Of no known table; names the nearest.
    """
    return read_documents(file, feed, "Dynamics", TABLES, unpack)


def unpack(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record without the notes of the protocol on itself."""
    return {name: value for name, value in record.items() if not name.startswith("@odata.")}


def _merged(row: Row, this: Identifier) -> Reading | None:
    """That a record was merged into another; None: it was not."""
    if not is_true(row, "merged"):
        return None
    text = cell(row, "masteridvalue", "masterid")
    if text is None:
        return [Ignored(row.number, "merged, without a master")]
    kept = this._replace(value=guid(text, "masterid"))
    return merge(row, kept, this, needed_instant(row, "modifiedon", "createdon"), "masterid")


def known_of(row: Row) -> tuple[Attribute, ...]:
    """What a contact's or a lead's row says of the person."""
    given = [("gender", label_of(row, "gendercode")), *row.cells.items()]
    return attributes(given, stated=instant(row, "modifiedon"))


def contact(row: Row) -> Reading:
    """A contact's creation and the lead it came from, or that it was merged into another."""
    this = own(row, "dynamics_contact", "contactid")
    if (gone := _merged(row, this)) is not None:
        return gone
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    created = needed_instant(row, "createdon")
    who = named(row, [this], PEOPLE)
    found: list[Event | Ignored] = [
        event(row, "contact_created", "contact", created, who, attributes=known_of(row))
    ]
    found += [
        association(row, lead_id, this, created, "contact.originatingleadid")
        for lead_id in looked_up(row, "dynamics_lead", "originatingleadid")
    ]
    return found


def lead(row: Row) -> Reading:
    """A lead's creation, and that it was qualified as a contact."""
    this = own(row, "dynamics_lead", "leadid")
    if (gone := _merged(row, this)) is not None:
        return gone
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    created = needed_instant(row, "createdon")
    who = named(row, [this], PEOPLE)
    label = label_of(row, "leadsourcecode")
    found: list[Event | Ignored] = [
        event(row, "lead_created", "lead", created, who, label=label, attributes=known_of(row))
    ]
    if (label_of(row, "statecode") or "").lower() in {"1", "qualified"}:
        # Later changes move the stamp on; that it was qualified by then stays true.
        tied = (
            *(looked_up(row, "dynamics_contact", "parentcontactid")
              or looked_up(row, "dynamics_contact", "contactid")),
            *looked_up(row, "dynamics_opportunity", "qualifyingopportunityid"),
        )  # fmt: skip
        when = needed_instant(row, "qualifiedon", "modifiedon")
        found.append(
            event(
                row,
                "lead_converted",
                "statecode",
                when,
                Named((this, *tied)),
                own_id=f"lead/{this.value}/converted",
                actor="agent",
            )
        )
    return found


def incident(row: Row) -> Reading:
    """That a case was opened, and whose it is."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    this = own(row, "dynamics_case", "incidentid")
    opened = needed_instant(row, "createdon")
    whole = party(row, "customerid")
    contacts = looked_up(row, "dynamics_contact", "primarycontactid")
    if whole is not None and whole.namespace == row.feed.namespace("dynamics_contact"):
        contacts = (whole,)
    who = named(row, [this, *contacts], {"email": ("emailaddress",)})
    found: list[Event | Ignored] = [
        event(
            row,
            "ticket_opened",
            "incident",
            opened,
            who,
            own_id=f"case/{this.value}/opened",
            label=label_of(row, "casetypecode"),
            actor="customer",
            direction="inbound",
            object_kind="ticket",
            object_id=this.value,
            text=cell(row, "description", "title"),
        )
    ]
    if is_true(row, "merged"):
        found += [
            association(row, this, kept, opened, "incident.masterid")
            for kept in looked_up(row, "dynamics_case", "masterid")
        ]
    return found


def activity(row: Row) -> Reading:
    """That staff called, met or wrote to somebody, or resolved their case."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    if "activityid" not in row.cells:
        raise BadRecord("activityid is empty")
    own_id = guid(row.cells["activityid"], "activityid")
    word = (cell(row, "activitytypecode") or "activity").lower()
    regarding = party(row, "regardingobjectid")
    if word in RESOLUTIONS:
        regarding = next(iter(looked_up(row, "dynamics_case", "incidentid")), regarding)
    if regarding is None:
        return [Ignored(row.number, "names no customer")]
    if (label_of(row, "statecode") or "").lower() in {"2", "3", "canceled", "scheduled"}:
        return [Ignored(row.number, "cancelled or still to come")]
    kind, direction = ACTIVITIES.get(word, ("activity_logged", "internal"))
    if word in RESOLUTIONS:
        kind, direction = "ticket_closed", "outbound"
    times: tuple[str, ...] = ("actualend", "actualstart", "scheduledstart", "createdon")
    if kind == "task_added":
        times = times[-1:]
    if is_to_come(row, *times):
        return [Ignored(row.number, "still to come")]
    is_incoming = (label_of(row, "directioncode") or "").lower() in {"false", "0", "incoming"}
    if is_incoming and kind in {"call_logged", "email_logged"}:
        direction = "inbound"
    is_case = kind == "ticket_closed"
    return [
        event(
            row,
            kind,
            word,
            needed_instant(row, *times),
            Named((regarding,)),
            own_id=f"activity/{own_id}",
            label=cell(row, "subject"),
            actor="customer" if direction == "inbound" else "agent",
            direction=direction,
            object_kind="ticket" if is_case else "activity",
            object_id=regarding.value if is_case else own_id,
            text=None if is_case else cell(row, "description"),
        )
    ]


# The first table whose columns a row holds; look-ups to the later ones stand in the earlier.
TABLES = (
    Table(
        "activitypointer",
        needs(
            "activityid createdon", "activityid regardingobjectid", "activityid activitytypecode"
        ),
        activity,
    ),
    Table(
        "opportunitysalesprocess",
        needs("opportunityid activestagestartedon", "opportunityidvalue activestagestartedon"),
        process,
    ),
    Table("incident", needs("incidentid createdon"), incident),
    Table("opportunity", needs("opportunityid createdon"), opportunity),
    Table("lead", needs("leadid createdon"), lead),
    Table("contact", needs("contactid createdon", "contactid merged masterid"), contact),
    Table(
        "account, systemuser, team, product",
        needs("accountid", "systemuserid", "teamid", "productid", "processstageid"),
        no_event,
    ),
)
