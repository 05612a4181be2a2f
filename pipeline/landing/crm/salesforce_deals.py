"""Salesforce opportunities, their stages and their contacts."""

from pipeline.landing.clocks import Instant
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    association,
    canonical,
    cell,
    event,
    is_deleted,
    money,
    needed_instant,
)
from pipeline.landing.crm.salesforce_ids import record_id
from pipeline.landing.crm.salesforce_people import record
from pipeline.landing.record import Event, Identifier, Ignored

NAMESPACE = "salesforce_opportunity"


def opportunity(row: Row) -> Reading:
    """An opportunity's creation, and its contact where the row names one."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = record(row, NAMESPACE, "id")
    created = needed_instant(row, "createddate")
    found: list[Event | Ignored] = [
        event(
            row,
            "deal_created",
            "Opportunity",
            created,
            Named((own,)),
            own_id=f"opportunity/{own.value}/created",
            actor="agent",
            object_kind="deal",
            object_id=own.value,
        )
    ]
    if "contactid" in row.cells:
        contact = record(row, "salesforce_contact", "contactid")
        found.append(association(row, own, contact, created, "Opportunity.ContactId"))
    return found


def _stage(row: Row, own: Identifier, own_id: str, entered: Instant, stage: str) -> Event:
    """The stage an opportunity was in at an instant."""
    cents, currency = money(row)
    return event(
        row,
        "deal_stage_changed",
        "StageName",
        entered,
        Named((own,)),
        own_id=own_id,
        label=stage,
        actor="agent",
        object_kind="deal",
        object_id=own.value,
        amount_cents=cents,
        currency=currency,
    )


def history(row: Row) -> Reading:
    """A row of OpportunityHistory: the stage from this instant on."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = record(row, NAMESPACE, "opportunityid")
    entered = needed_instant(row, "createddate")
    stage = row.cells.get("stagename", "")
    if not stage or stage == cell(row, "fromstage", "fromstagename", "prevstagename"):
        return [Ignored(row.number, "stage unchanged")]
    given = cell(row, "id")
    key = record_id(given) if given else f"{own.value}/{stage}/{entered.us}"
    return [_stage(row, own, f"history/{key}", entered, stage)]


def versions(row: Row) -> Reading:
    """A version of an opportunity as Fivetran keeps them: the stage from its start on."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = record(row, NAMESPACE, "id")
    entered = needed_instant(row, "fivetranstart")
    stage = row.cells.get("stagename", "")
    if not stage:
        return [Ignored(row.number, "stage unchanged")]
    return [_stage(row, own, f"history/{own.value}/{stage}/{entered.us}", entered, stage)]


def field_history(row: Row) -> Reading:
    """A change of StageName; the history of other fields is ignored."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    if canonical(row.cells.get("field", "")) != "stagename" or "newvalue" not in row.cells:
        return [Ignored(row.number, "other property")]
    own = record(row, NAMESPACE, "opportunityid")
    entered = needed_instant(row, "createddate")
    stage = row.cells["newvalue"]
    return [_stage(row, own, f"field_history/{own.value}/{stage}/{entered.us}", entered, stage)]


def contact_role(row: Row) -> Reading:
    """That a contact has a part in an opportunity."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    own = record(row, NAMESPACE, "opportunityid")
    contact = record(row, "salesforce_contact", "contactid")
    when = needed_instant(row, "createddate", "lastmodifieddate", "fivetransynced")
    return [association(row, own, contact, when, "OpportunityContactRole")]
