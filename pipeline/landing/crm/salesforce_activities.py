"""Salesforce cases, tasks and meetings."""

from collections.abc import Sequence

from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    cell,
    event,
    instant,
    is_deleted,
    is_to_come,
    is_true,
    named,
    needed_instant,
)
from pipeline.landing.crm.salesforce_ids import record_id
from pipeline.landing.crm.salesforce_people import optional, record
from pipeline.landing.record import Event, Ignored

# The first three characters of an id name its object.
PREFIXES = {"003": "salesforce_contact", "00Q": "salesforce_lead"}
CASE_PEOPLE = {
    "email": ("suppliedemail", "contactemail"),
    "phone": ("suppliedphone", "contactphone", "contactmobile"),
}


def case(row: Row) -> Reading:
    """That a case was opened and closed; one that names neither contact nor address is ignored."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = record(row, "salesforce_case", "id").value
    who = named(row, optional(row, "salesforce_contact", "contactid"), CASE_PEOPLE)
    opened = needed_instant(row, "createddate")
    closed = instant(row, "closeddate")
    if not who.identifiers:
        return [Ignored(row.number, "names no customer")]
    label = cell(row, "type", "reason")
    found: list[Event | Ignored] = [
        event(
            row,
            "ticket_opened",
            "Case",
            opened,
            who,
            own_id=f"case/{own}/opened",
            label=label,
            actor="customer",
            direction="inbound",
            object_kind="ticket",
            object_id=own,
            text=cell(row, "description", "subject"),
        )
    ]
    if closed is not None:
        found.append(
            event(
                row,
                "ticket_closed",
                "Case",
                closed,
                who,
                own_id=f"case/{own}/closed/{closed.us}",
                label=label,
                actor="agent",
                direction="outbound",
                object_kind="ticket",
                object_id=own,
            )
        )
    return found


def _whom(row: Row) -> Named | None:
    """The contact or lead that WhoId names; None: somebody or something else."""
    namespace = PREFIXES.get(row.cells.get("whoid", "")[:3])
    return Named((record(row, namespace, "whoid"),)) if namespace else None


def task(row: Row) -> Reading:
    """A call or mail that staff logged, or a task they have."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    subtype = row.cells.get("tasksubtype", row.cells.get("type", "Task"))
    kind = {"call": "call_logged", "email": "email_logged"}.get(subtype.lower(), "task_added")
    # ActivityDate is the day a task is due; a call is logged for the day it was made.
    due = ("createddate", "activitydate") if kind == "task_added" else ("activitydate",)
    return _activity(row, kind, subtype, ("completeddatetime", *due, "createddate"))


def meeting(row: Row) -> Reading:
    """A meeting in somebody's calendar, once it is over."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    kind = "meeting_missed" if is_true(row, "noshowc", "noshow") else "meeting_held"
    times = ("startdatetime", "activitydatetime", "activitydate")
    return _activity(row, kind, row.cells.get("type", "Event"), times)


def _activity(row: Row, kind: str, kind_raw: str, times: Sequence[str]) -> Reading:
    """An event of a task or a calendar entry."""
    own = record_id(row.cells["id"]) if "id" in row.cells else None
    who = _whom(row)
    if who is None:
        return [Ignored(row.number, "names no customer")]
    if is_to_come(row, *times):
        return [Ignored(row.number, "still to come")]
    return [
        event(
            row,
            kind,
            kind_raw,
            needed_instant(row, *times),
            who,
            own_id=own and f"activity/{own}",
            actor="agent",
            direction="internal" if kind == "task_added" else "outbound",
            object_kind="activity",
            object_id=own,
            text=row.cells.get("description"),
        )
    ]
