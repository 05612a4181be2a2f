"""Pipedrive records (API v1 and v2 answers, CSV of the same fields) to events.

Used: persons (emails, phones, add_time, merge_what_id), deals (person_id, stage_id, value,
currency, add_time, stage_change_time, won_time, lost_time), a deal's flow (`dealChange` of
`stage_id` and `status`), stages (their names), activities once done, notes, leads. Left out:
organizations, products, pipelines, users; every field not named here, so also custom fields,
whose names are 40 hexadecimal digits.

Identifiers: `pipedrive_person`, e-mail, phone; `pipedrive_deal` links a deal's events to its
person by `association_recorded`, since a change names only the deal. `merge_what_id` is a merge.
Clock: v2 writes ISO with `Z`; v1 writes UTC without saying so.

A stage lands under its id, from its change in the flow or as the deal's present stage since
`stage_change_time`, whichever is there: both are the same event. A flow tells the stages' names,
too, and the models put them together (`stage_labelled`). That a deal was won or lost is told by
the deal itself, which knows the amount; reopening it is told by the flow.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from pipeline.landing.attributes import attributes
from pipeline.landing.crm import pipedrive_fields
from pipeline.landing.crm.documents import in_zone, read_documents
from pipeline.landing.crm.pipedrive_deals import change, deal, is_gone, person_of, stage
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    Table,
    cell,
    event,
    instant,
    is_to_come,
    is_true,
    merge,
    named,
    needed_instant,
    needs,
    no_event,
    opaque,
    subject,
)
from pipeline.landing.record import Feed, Ignored, Outcome, RawFile

# Of a company's own fields, which version 1 puts beside these, a new one is new.
RECORD_FIELDS = (
    pipedrive_fields.DEAL
    | pipedrive_fields.CHANGE
    | pipedrive_fields.PERSON
    | pipedrive_fields.ACTIVITY
    | pipedrive_fields.NOTE
    | pipedrive_fields.LEAD
    | pipedrive_fields.STAGE
    | pipedrive_fields.OTHER
    | pipedrive_fields.AROUND
)
VARIED_FIELDS = pipedrive_fields.VARIED
UTC = ZoneInfo("UTC")
PEOPLE = {"email": ("emails", "email"), "phone": ("phones", "phone")}
# type of activity -> kind, direction
ACTIVITIES = {
    "call": ("call_logged", "outbound"),
    "meeting": ("meeting_held", "outbound"),
    "lunch": ("meeting_held", "outbound"),
    "email": ("email_logged", "outbound"),
}


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the records of one Pipedrive file became.

    Raises:
        SourceRefused: Of no known table; names the nearest.
    """
    return read_documents(file, feed, "Pipedrive", TABLES, unpack)


def unpack(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record of the flow without its envelope; any other as it is."""
    inner = record.get("data")
    if "object" not in record or not isinstance(inner, dict):
        return record
    names = inner.get("additional_data")
    return {**inner, **(names if isinstance(names, dict) else {}), "object": record["object"]}


def _in_utc(read: Callable[[Row], Reading]) -> Callable[[Row], Reading]:
    """The reader, with stamps that name no zone in UTC, as the API's first version writes them."""
    return lambda row: read(in_zone(row, replace(row.clock, zone=UTC)))


def person(row: Row) -> Reading:
    """A person's creation, or that another was merged into them."""
    own = subject(row, "pipedrive_person", opaque(row, "id", "personid"))
    if "mergewhatid" in row.cells:
        gone = subject(row, "pipedrive_person", opaque(row, "mergewhatid"))
        when = needed_instant(row, "updatetime", "timestamp", "addtime")
        return merge(row, own, gone, when, "merge_what_id")
    if is_gone(row):
        return [Ignored(row.number, "deleted")]
    who = named(row, [own], PEOPLE)
    known = attributes(row.cells.items(), stated=instant(row, "updatetime"))
    added = needed_instant(row, "addtime")
    return [event(row, "contact_created", "person", added, who, attributes=known)]


def lead(row: Row) -> Reading:
    """That a lead of a person was noted."""
    lead_id = opaque(row, "id")
    own = subject(row, "pipedrive_lead", lead_id)
    person_id = person_of(row)
    who = Named((own, *person_id))
    when = needed_instant(row, "addtime")
    return [event(row, "lead_created", "lead", when, who, own_id=f"lead/{lead_id}/created")]


def activity(row: Row) -> Reading:
    """That staff called, met or wrote to somebody: an activity that is done."""
    if is_gone(row):
        return [Ignored(row.number, "deleted")]
    own = opaque(row, "id")
    times = ("markedasdonetime", "updatetime")
    if not is_true(row, "done") and "markedasdonetime" not in row.cells:
        return [Ignored(row.number, "still to come")]
    word = row.cells.get("type", "activity")
    who = person_of(row)
    if not who and "dealid" in row.cells:
        who = (subject(row, "pipedrive_deal", opaque(row, "dealid")),)
    if not who:
        return [Ignored(row.number, "names no customer")]
    if is_to_come(row, *times):
        return [Ignored(row.number, "still to come")]
    kind, direction = ACTIVITIES.get(word.lower(), ("task_added", "internal"))
    return [
        event(
            row,
            kind,
            word,
            needed_instant(row, *times),
            Named(who),
            own_id=f"activity/{own}",
            label=cell(row, "subject"),
            actor="agent",
            direction=direction,
            object_kind="activity",
            object_id=own,
        )
    ]


def note(row: Row) -> Reading:
    """That staff noted something about a person or a deal."""
    own = opaque(row, "id")
    who = person_of(row)
    if not who and "dealid" in row.cells:
        who = (subject(row, "pipedrive_deal", opaque(row, "dealid")),)
    if not who or is_gone(row):
        return [Ignored(row.number, "names no customer" if not who else "deleted")]
    return [
        event(
            row,
            "note_added",
            "note",
            needed_instant(row, "addtime"),
            Named(who),
            own_id=f"note/{own}",
            actor="agent",
            object_kind="note",
            object_id=own,
            text=cell(row, "content"),
        )
    ]


# The first table whose columns a record holds; the more particular stand first.
TABLES = (
    Table("flow of a deal", needs("itemid fieldkey newvalue logtime"), _in_utc(change)),
    Table("flow of a deal, other items", needs("object id"), _in_utc(change)),
    Table(
        "activities",
        needs("id type duedate", "id type done", "id duedate subject"),
        _in_utc(activity),
    ),
    Table("notes", needs("id content addtime"), _in_utc(note)),
    Table("stages", needs("id name pipelineid ordernr", "id name dealprobability"), _in_utc(stage)),
    Table(
        "deals",
        needs("id stageid status addtime", "dealid stageid addtime", "id stageid personid"),
        _in_utc(deal),
    ),
    Table("leads", needs("id title isarchived personid"), _in_utc(lead)),
    Table(
        "persons",
        needs(
            "id emails addtime",
            "id email addtime",
            "id phone addtime",
            "id phones addtime",
            "id mergewhatid",
            "personid mergewhatid",
        ),
        _in_utc(person),
    ),
    Table(
        "organizations, products, pipelines, users",
        needs("id name peoplecount", "id name addtime", "id name dealprobability", "id name url"),
        no_event,
    ),
    Table("other lists", needs("id name"), no_event),
)
