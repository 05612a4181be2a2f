"""Salesforce's opportunities: orders and renewals, with the stages they entered.

Headers:
    Opportunity: Id, IsDeleted, AccountId, Name, StageName, Amount, Probability, CloseDate, Type,
        LeadSource, IsClosed, IsWon, OwnerId, ContactId, CreatedDate, LastModifiedDate,
        SystemModstamp
    OpportunityHistory: Id, OpportunityId, CreatedById, CreatedDate, StageName, Amount,
        ExpectedRevenue, CloseDate, Probability, ForecastCategory, SystemModstamp, IsDeleted
An opportunity stands in the folder of each month in which its history has a row.
"""

import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import salesforce_cells as cells
from pipeline.simulate.raw import written
from pipeline.simulate.raw.salesforce_people import contact_ids
from pipeline.simulate.raw.written import Company

ORDER, CREDIT, RENEWED, CANCELLED = (
    way.NUMBER[name] for name in ("Order placed", "Credit check", "Renewed", "Cancelled")
)

STAGE_NAMES = {ORDER: "Ordered", CREDIT: "Credit Check", RENEWED: "Renewed", CANCELLED: "Cancelled"}
RENEWAL_DUE = "Renewal Due"
# Renewals are numbered after all orders a person can have.
FIRST_RENEWAL = 100


def history(company: Company) -> pl.DataFrame:
    """One row per stage an opportunity entered and per copy: person_id, number, step, at, stage.

    An order's opportunity counts with the order, a renewal's with the visit to Renew. A renewal
    falls due in the second in which the customer decides: two rows of one time.
    """
    met = written.met(company, list(STAGE_NAMES))
    renewal = pl.col("touchpoint").is_in([RENEWED, CANCELLED])
    number = (
        pl.when(renewal)
        .then(FIRST_RENEWAL + pl.col("visit").cast(pl.Int64))
        .otherwise(pl.col("order_number").cast(pl.Int64))
    )
    rows = met.select(
        "person_id",
        "step",
        "at",
        "touchpoint",
        number=number,
        stage=pl.col("touchpoint").replace_strict(STAGE_NAMES, return_dtype=pl.String),
        is_due=pl.lit(value=False),
    )
    due = rows.filter(pl.col("touchpoint").is_in([RENEWED, CANCELLED])).with_columns(
        stage=pl.lit(RENEWAL_DUE), is_due=pl.lit(value=True)
    )
    rows = pl.concat([rows, due]).with_columns(file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    keys = chance.keyed(
        chance.root(company.seed, cells.SOURCE),
        *(rows[name].to_numpy() for name in ("person_id", "step", "is_due")),
    )
    bad = (dirt.IMPOSSIBLE, dirt.CUT)
    copies = dirt.with_copies(rows, keys, dirt.heavier(company.plan), bad)
    opportunity = identifiers.salesforce_ids(
        "006", company.seed, copies["person_id"].to_numpy(), copies["number"].to_numpy()
    )
    price = chance.keyed(
        chance.root(company.seed, "price"),
        copies["person_id"].to_numpy(),
        copies["number"].to_numpy(),
    )
    amount = pl.Series(["348.00", "468.00", "588.00"]).gather(chance.picks(price, "price", 3))
    return written.monthly(copies.with_columns(opportunity=opportunity, amount=amount)).sort(
        "month", "at", "person_id", "step", pl.col("is_due").not_(), "copy"
    )


def history_table(history: pl.DataFrame, company: Company) -> pl.DataFrame:
    """OpportunityHistory."""
    person, step = history["person_id"].to_numpy(), history["step"].to_numpy()
    own = identifiers.own_ids(cells.SOURCE, person, step, company.seed)
    due = identifiers.salesforce_ids("008", company.seed, person, step, step)
    at = history["at"].to_numpy()
    impossible = cells.text("2026-13-05T10:00:00.000+0000", history)
    made = impossible.zip_with(history["copy"] == dirt.IMPOSSIBLE, stamps.salesforce(at))
    return pl.DataFrame(
        {
            "month": history["month"],
            "Id": due.zip_with(history["is_due"], own),
            "OpportunityId": history["opportunity"],
            "CreatedById": cells.text(cells.OWNER, history),
            "CreatedDate": made,
            "StageName": history["stage"],
            "Amount": history["amount"],
            "ExpectedRevenue": history["amount"],
            "CloseDate": stamps.days(at, "%Y-%m-%d"),
            "Probability": cells.text("50", history),
            "ForecastCategory": cells.text("Pipeline", history),
            "SystemModstamp": made,
            "IsDeleted": cells.text("0", history),
        }
    )


def opportunity_table(history: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Opportunity: as it stood at the end of each month in which its history has a row."""
    latest = history.group_by("month", "opportunity", maintain_order=True).agg(
        pl.col("person_id", "stage", "amount", "at", "number").last()
    )
    made = history.group_by("opportunity").agg(made_at=pl.col("at").min())
    rows = latest.join(made, on="opportunity", how="left").sort("month", "made_at", "opportunity")
    won = rows["stage"].is_in(["Renewed"])
    closed = rows["stage"].is_in(["Renewed", "Cancelled"])
    changed = stamps.salesforce(rows["at"].to_numpy())
    renewal = rows["number"] >= FIRST_RENEWAL
    last_name = company.persons["last_name"].gather(rows["person_id"])
    return pl.DataFrame(
        {
            "month": rows["month"],
            "Id": rows["opportunity"],
            "IsDeleted": cells.text("0", rows),
            "AccountId": None,
            "Name": "Fibre " + last_name,
            "StageName": rows["stage"],
            "Amount": rows["amount"],
            "Probability": cells.text("50", rows),
            "CloseDate": stamps.days(rows["at"].to_numpy(), "%Y-%m-%d"),
            "Type": cells.text("Renewal", rows).zip_with(renewal, cells.text("New Business", rows)),
            "LeadSource": cells.text("Web", rows),
            "IsClosed": cells.flag(closed),
            "IsWon": cells.flag(won),
            "OwnerId": cells.text(cells.OWNER, rows),
            "ContactId": contact_ids(rows["person_id"].to_numpy(), company.seed),
            "CreatedDate": stamps.salesforce(rows["made_at"].to_numpy()),
            "LastModifiedDate": changed,
            "SystemModstamp": changed,
        }
    )
