"""Dynamics opportunities: their creation, their process and their end."""

from pipeline.landing.clocks import Instant
from pipeline.landing.crm.dynamics_ids import FORMATTED, guid, label_of, looked_up, own, party
from pipeline.landing.crm.rows import (
    Named,
    Reading,
    Row,
    association,
    cell,
    event,
    instant,
    is_deleted,
    needed_instant,
    subject,
)
from pipeline.landing.money import currency, minor_units
from pipeline.landing.record import Event, Ignored


def _amount(row: Row) -> tuple[int | None, str | None]:
    """An opportunity's value in minor units and its currency."""
    value = cell(row, "actualvalue", "estimatedvalue", "totalamount")
    given = cell(row, "isocurrencycode", "transactioncurrencyidisocurrencycode")
    letters = currency(given or row.feed.company.currency)
    if value is None or letters is None:
        return None, None
    return minor_units(value, letters), letters


def opportunity(row: Row) -> Reading:
    """An opportunity's creation, its contact, and that it was won or lost."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    this = own(row, "dynamics_opportunity", "opportunityid")
    created = needed_instant(row, "createdon")
    cents, letters = _amount(row)

    def told(kind: str, word: str, when: Instant, label: str | None, end: str) -> Event:
        return event(
            row, kind, word, when, Named((this,)), own_id=f"opportunity/{this.value}/{end}",
            label=label, actor="agent", object_kind="deal", object_id=this.value,
            amount_cents=cents, currency=letters,
        )  # fmt: skip

    found: list[Event | Ignored] = [told("deal_created", "opportunity", created, None, "created")]
    whole = party(row, "customerid")
    tied = [
        *looked_up(row, "dynamics_contact", "parentcontactid"),
        *looked_up(row, "dynamics_contact", "contactid"),
        *([whole] if whole is not None else []),
        *looked_up(row, "dynamics_lead", "originatingleadid"),
    ]
    found += [association(row, this, each, created, "opportunity") for each in dict.fromkeys(tied)]
    state = (label_of(row, "statecode") or "").lower()
    outcome = {"1": "Won", "won": "Won", "2": "Lost", "lost": "Lost"}.get(state)
    closed = instant(row, "actualclosedate")
    if outcome is not None and closed is not None:
        end = f"state/{outcome}/{closed.us}"
        # A closing date is a day: its midnight may lie before the creation on the same day.
        if closed.us < created.us:
            closed = Instant(created.us, closed.precision, closed.basis)
        found.append(told("deal_stage_changed", "statecode", closed, outcome, end))
    return found


def process(row: Row) -> Reading:
    """The stage that an opportunity's process is in, and since when."""
    this = subject(
        row,
        "dynamics_opportunity",
        guid(cell(row, "opportunityidvalue", "opportunityid") or "", "opportunityid"),
    )
    entered = instant(row, "activestagestartedon")
    stage = cell(row, f"activestageidvalue{FORMATTED}", "activestageidname", "activestageid")
    if entered is None or stage is None:
        return [Ignored(row.number, "in no stage")]
    return [
        event(
            row,
            "deal_stage_changed",
            "activestageid",
            entered,
            Named((this,)),
            own_id=f"opportunity/{this.value}/stage/{stage}/{entered.us}",
            label=stage,
            actor="agent",
            object_kind="deal",
            object_id=this.value,
        )
    ]
