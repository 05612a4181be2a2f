"""HubSpot deals and tickets, their stages, and what ties them and engagements to contacts."""

from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing.clocks import Instant
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    association,
    canonical,
    cell,
    event,
    instant,
    is_deleted,
    money,
    named,
    needed_instant,
    opaque,
    subject,
)
from pipeline.landing.identifiers import code
from pipeline.landing.record import Event, Ignored

DEAL = ("dealid", "recordid", "id", "hsobjectid")
TICKET = ("ticketid", "recordid", "id", "hsobjectid")
CREATED = ("createdate", "hscreatedate", "createdat")
ENTERED = ("hsv2dateenteredcurrentstage", "dateenteredcurrentstage")
STAGE = ("dealpipelinestageid", "dealstage")
STAGE_LABEL = ("dealpipelinestagelabel", "stagelabel", "label")
ASSOCIATED = ("associatedcontactids", "associatedcontactid")


def deal(row: Row) -> Reading:
    """A deal's creation, its contacts, and its present stage where the row says since when."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    deal_id = opaque(row, *DEAL)
    created = needed_instant(row, *CREATED)
    own = subject(row, "hubspot_deal", deal_id)
    found: list[Event | Ignored] = [
        event(
            row,
            "deal_created",
            "deal",
            created,
            named(row, [own], {}),
            own_id=f"deal/{deal_id}/created",
            actor="agent",
            object_kind="deal",
            object_id=deal_id,
        )
    ]
    found.extend(associated(row, "hubspot_deal", deal_id, created))
    entered, stage = instant(row, *ENTERED), cell(row, *STAGE)
    if entered is not None and stage is not None:
        found.append(_deal_stage(row, deal_id, stage, entered))
    return found


def _deal_stage(row: Row, deal_id: str, stage: str, entered: Instant) -> Event:
    """That a deal entered a stage."""
    cents, currency = money(row)
    return event(
        row,
        "deal_stage_changed",
        "dealstage",
        entered,
        named(row, [subject(row, "hubspot_deal", deal_id)], {}),
        own_id=f"deal/{deal_id}/stage/{stage}/{entered.us}",
        label=cell(row, *STAGE_LABEL) or stage,
        actor="agent",
        object_kind="deal",
        object_id=deal_id,
        amount_cents=cents,
        currency=currency,
    )


def deal_stage(row: Row) -> Reading:
    """That a deal entered a stage."""
    entered = needed_instant(row, "dateentered", "fivetranstart")
    return [_deal_stage(row, opaque(row, "dealid"), opaque(row, "value"), entered)]


def deal_property_history(row: Row) -> Reading:
    """That a deal entered a stage; the history of other properties is ignored."""
    if canonical(row.cells.get("name", "")) != "dealstage":
        return [Ignored(row.number, "other property")]
    entered = needed_instant(row, "timestamp")
    return [_deal_stage(row, opaque(row, "dealid"), opaque(row, "value"), entered)]


def ticket(row: Row) -> Reading:
    """That a ticket was opened, closed, and whose it is."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    ticket_id = opaque(row, *TICKET)
    opened = needed_instant(row, *CREATED)
    closed = instant(row, "closeddate", "closedate")
    label = cell(row, "hsticketcategory", "category")
    who = named(row, [subject(row, "hubspot_ticket", ticket_id)], {})
    found: list[Event | Ignored] = [
        event(
            row,
            "ticket_opened",
            "ticket",
            opened,
            who,
            own_id=f"ticket/{ticket_id}/opened",
            label=label,
            actor="customer",
            direction="inbound",
            object_kind="ticket",
            object_id=ticket_id,
            text=cell(row, "content", "ticketdescription"),
        )
    ]
    if closed is not None:
        found.append(
            event(
                row,
                "ticket_closed",
                "ticket",
                closed,
                who,
                own_id=f"ticket/{ticket_id}/closed/{closed.us}",
                label=label,
                actor="agent",
                direction="outbound",
                object_kind="ticket",
                object_id=ticket_id,
            )
        )
    found.extend(associated(row, "hubspot_ticket", ticket_id, opened))
    return found


def ticket_property_history(row: Row) -> Reading:
    """That a ticket entered a stage; the history of other properties is ignored."""
    if canonical(row.cells.get("name", "")) != "hspipelinestage":
        return [Ignored(row.number, "other property")]
    ticket_id, stage = opaque(row, "ticketid"), opaque(row, "value")
    entered = needed_instant(row, "timestampinstant", "timestamp")
    return [
        event(
            row,
            "ticket_stage_changed",
            "hs_pipeline_stage",
            entered,
            named(row, [subject(row, "hubspot_ticket", ticket_id)], {}),
            own_id=f"ticket/{ticket_id}/stage/{stage}/{entered.us}",
            label=stage,
            actor="agent",
            object_kind="ticket",
            object_id=ticket_id,
        )
    ]


def deal_stage_label(row: Row) -> Reading:
    """What the stage of a deal is called."""
    return _stage_label(row, "deal_stage")


def ticket_stage_label(row: Row) -> Reading:
    """What the stage of a ticket is called."""
    return _stage_label(row, "ticket_stage")


def _stage_label(row: Row, object_kind: str) -> Reading:
    """That a stage has a label since it was last changed: nobody's event, read by stage_labels.

    Without a time of change that of the sync stands, then that of creation. The stages that every
    account is born with are of 1970; these, and those without any time, are of the day the
    company was founded, so that any other label of theirs is a later one. A deleted stage keeps
    its label for the deals that went through it. A new label is another event, by its own id.
    """
    stage, label = opaque(row, "stageid"), cell(row, "label")
    if label is None:
        return [Ignored(row.number, "stage without a label")]
    founded = row.clock.earliest_us
    when = instant(
        replace(row, clock=replace(row.clock, earliest_us=0)),
        "updatedat",
        "fivetransynced",
        "createdat",
    )
    if when is None or when.us < founded:
        when = Instant(founded, "day", "explicit")
    return [
        event(
            row,
            "stage_labelled",
            "pipeline_stage",
            when,
            Named(()),
            own_id=f"{object_kind}/{stage}/label/{label}/{when.us}",
            label=label,
            object_kind=object_kind,
            object_id=stage,
        )
    ]


def associated(row: Row, namespace: str, value: str, occurred: Instant) -> list[Event]:
    """The contacts that HubSpot's own export lists on a deal, a ticket or an engagement.

    Raises:
        BadRecord: An id that a spreadsheet has rounded.
    """
    parts = [part for part in (cell(row, *ASSOCIATED) or "").split(";") if part.strip()]
    contacts = {found for part in parts if (found := code(part)) is not None}
    if any(code(part) is None for part in parts):
        raise BadRecord(f"no usable contact id among {';'.join(parts)[:40]!r}")
    return [
        association(
            row,
            subject(row, namespace, value),
            subject(row, "hubspot_contact", contact),
            occurred,
            "associated_contact_ids",
        )
        for contact in sorted(contacts)
    ]


def _tie(row: Row, left: tuple[str, str], right: tuple[str, str], kind_raw: str) -> Reading:
    """The association of two ids, each given as namespace and column."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    one, other = (
        subject(row, namespace, opaque(row, column)) for namespace, column in (left, right)
    )
    when = needed_instant(row, "createdat", "timestamp", "fivetransynced")
    return [association(row, one, other, when, kind_raw)]


def deal_contact(row: Row) -> Reading:
    """Whose deal it is."""
    left, right = ("hubspot_deal", "dealid"), ("hubspot_contact", "contactid")
    return _tie(row, left, right, "deal_contact")


def engagement_contact(row: Row) -> Reading:
    """With whom the engagement was."""
    left, right = ("hubspot_engagement", "engagementid"), ("hubspot_contact", "contactid")
    return _tie(row, left, right, "engagement_contact")


def engagement_deal(row: Row) -> Reading:
    """About which deal the engagement was."""
    left, right = ("hubspot_engagement", "engagementid"), ("hubspot_deal", "dealid")
    return _tie(row, left, right, "engagement_deal")


def ticket_contact(row: Row) -> Reading:
    """Whose ticket it is."""
    left, right = ("hubspot_ticket", "ticketid"), ("hubspot_contact", "contactid")
    return _tie(row, left, right, "ticket_contact")


def ticket_deal(row: Row) -> Reading:
    """About which deal the ticket is."""
    left, right = ("hubspot_ticket", "ticketid"), ("hubspot_deal", "dealid")
    return _tie(row, left, right, "ticket_deal")


def ticket_engagement(row: Row) -> Reading:
    """Which engagement belongs to the ticket."""
    left, right = ("hubspot_ticket", "ticketid"), ("hubspot_engagement", "engagementid")
    return _tie(row, left, right, "ticket_engagement")


def merged_deal(row: Row) -> Reading:
    """That two deals are one: whoever has the one has the other."""
    left, right = ("hubspot_deal", "dealid"), ("hubspot_deal", "mergeddealid")
    return _tie(row, left, right, "merged_deal")
