"""Pipedrive deals: the record, the changes in its flow, and what its stages are called."""

from pipeline.errors import BadRecord
from pipeline.landing.clocks import Instant
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    association,
    cell,
    event,
    instant,
    is_deleted,
    is_true,
    needed_instant,
    opaque,
    subject,
)
from pipeline.landing.money import currency, minor_units
from pipeline.landing.record import Event, Identifier, Ignored


def is_gone(row: Row) -> bool:
    """Whether the record was deleted."""
    active = (cell(row, "activeflag", "active") or "true").lower()
    deleted = "deleted" in row.cells.get("status", "") or is_true(row, "isdeleted", "deleted")
    return deleted or is_deleted(row) or active in {"false", "0"}


def person_of(row: Row) -> tuple[Identifier, ...]:
    """The person a record is of, where it names one."""
    if "personid" not in row.cells:
        return ()
    return (subject(row, "pipedrive_person", opaque(row, "personid")),)


def _amount(row: Row) -> tuple[int | None, str | None]:
    """A deal's value in minor units and its currency.

    Raises:
        BadRecord: No number, or no currency.
    """
    value = cell(row, "value")
    letters = currency(cell(row, "currency") or row.feed.company.currency)
    if value is None:
        return None, None
    if letters is None:
        raise BadRecord(f"not a currency: {row.cells['currency'][:40]!r}")
    return minor_units(value, letters), letters


def deal(row: Row) -> Reading:
    """A deal's creation, its person, its present stage, and that it was won or lost."""
    if is_gone(row):
        return [Ignored(row.number, "deleted")]
    deal_id = opaque(row, "id", "dealid")
    created = needed_instant(row, "addtime")
    own = subject(row, "pipedrive_deal", deal_id)
    cents, letters = _amount(row)

    def told(kind: str, word: str, when: Instant, label: str | None, own_id: str) -> Event:
        return event(
            row, kind, word, when, Named((own,)), own_id=f"deal/{deal_id}/{own_id}", label=label,
            actor="agent", object_kind="deal", object_id=deal_id,
            amount_cents=cents, currency=letters,
        )  # fmt: skip

    found: list[Event | Ignored] = [told("deal_created", "deal", created, None, "created")]
    for each in person_of(row):
        found.append(association(row, own, each, created, "deal.person_id"))
        if "mergewhatid" in row.cells:
            gone = subject(row, "pipedrive_deal", opaque(row, "mergewhatid"))
            found.append(association(row, own, gone, created, "deal.merge_what_id"))
    stage, entered = cell(row, "stageid"), instant(row, "stagechangetime")
    if stage is not None:
        found.append(_stage(row, deal_id, opaque(row, "stageid"), entered or created))
    status = (cell(row, "status") or "").lower()
    for word in ("won", "lost"):
        when = instant(row, f"{word}time")
        if when is not None and status == word:
            own_id = f"status/{word}/{when.us}"
            found.append(told("deal_stage_changed", "status", when, word, own_id))
    return found


def _stage(row: Row, deal_id: str, stage: str, entered: Instant) -> Event:
    """That a deal entered a stage, known by its id."""
    return event(
        row,
        "deal_stage_changed",
        "stage_id",
        entered,
        Named((subject(row, "pipedrive_deal", deal_id),)),
        own_id=f"deal/{deal_id}/stage/{stage}/{entered.us}",
        label=stage,
        actor="agent",
        object_kind="deal",
        object_id=deal_id,
    )


def change(row: Row) -> Reading:
    """A change in a deal's history: of its stage, or that it was reopened."""
    if row.cells.get("object", "dealChange") != "dealChange":
        return [Ignored(row.number, "told by another record")]
    name, new = row.cells.get("fieldkey"), row.cells.get("newvalue")
    if name == "stage_id" and new is not None:
        deal_id, when = opaque(row, "itemid", "dealid"), needed_instant(row, "logtime")
        stage = opaque(row, "newvalue")
        found: list[Event | Ignored] = [_stage(row, deal_id, stage, when)]
        if label := row.cells.get("newvalueformatted"):
            found.append(_named_stage(row, stage, label, when))
        return found
    if name == "status" and new in {"won", "lost", "deleted"}:
        return [Ignored(row.number, "told by the deal")]
    if name == "status" and "oldvalue" in row.cells:
        deal_id, when = opaque(row, "itemid", "dealid"), needed_instant(row, "logtime")
        return [
            event(
                row,
                "deal_stage_changed",
                "status",
                when,
                Named((subject(row, "pipedrive_deal", deal_id),)),
                own_id=f"deal/{deal_id}/status/{new}/{when.us}",
                label=f"reopened from {row.cells['oldvalue']}",
                actor="agent",
                object_kind="deal",
                object_id=deal_id,
            )
        ]
    return [Ignored(row.number, "other property")]


def needed_name(row: Row) -> str:
    """What a stage is called.

    Raises:
        BadRecord: Nothing stands there.
    """
    if "name" not in row.cells:
        raise BadRecord("name is empty")
    return row.cells["name"]


def _named_stage(row: Row, stage: str, label: str, when: Instant) -> Event:
    """What a stage is called: nobody's event, read by stage_labels."""
    return event(
        row,
        "stage_labelled",
        "stage",
        when,
        Named(()),
        own_id=f"deal_stage/{stage}/label/{label}/{when.us}",
        label=label,
        object_kind="deal_stage",
        object_id=stage,
    )


def stage(row: Row) -> Reading:
    """What a stage is called since its last change."""
    when = needed_instant(row, "updatetime", "addtime")
    return [_named_stage(row, opaque(row, "id"), needed_name(row), when)]
