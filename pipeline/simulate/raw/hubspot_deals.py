"""HubSpot's installation deals: one for each order, with the stages it entered.

Headers (a subset of the tables a Fivetran connector makes):
    deal_data: deal_id, is_deleted, deal_pipeline_id, deal_pipeline_stage_id, owner_id, portal_id,
        property_dealname, property_description, property_amount, property_closedate,
        property_createdate
    deal_stage_data: _fivetran_start, deal_id, _fivetran_active, _fivetran_end, _fivetran_synced,
        date_entered, source, source_id, value
    deal_pipeline_stage_data: _fivetran_deleted, _fivetran_synced, active, closed_won, is_closed,
        display_order, probability, stage_id, label, pipeline_id, created_at, updated_at
    deal_contact_data: contact_id, deal_id, _fivetran_synced, type_id, category
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import hubspot_cells as cells
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company

BOOKED, MOVED, DONE = (
    way.NUMBER[name] for name in ("Install booked", "Install moved", "Install done")
)

STAGE_IDS = {BOOKED: "appointmentbooked", MOVED: "appointmentmoved", DONE: "installed"}
PIPELINE = "installations"


def deal_ids(rows: pl.DataFrame) -> pl.Series:
    """The number of each row's installation deal: one for each order."""
    return (50_000_000 + rows["person_id"] * 16 + rows["order_number"].cast(pl.Int64)).cast(
        pl.String
    )


def stages(company: Company) -> pl.DataFrame:
    """One row per stage a deal entered and per copy of one, with its month."""
    met = written.met(company, list(STAGE_IDS)).select(
        "person_id", "step", "at", "touchpoint", "order_number"
    )
    met = met.with_columns(deal=deal_ids(met), file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    keys = chance.keyed(
        chance.root(company.seed, cells.SOURCE), met["person_id"].to_numpy(), met["step"].to_numpy()
    )
    bad = (dirt.IMPOSSIBLE, dirt.CUT)
    return written.monthly(dirt.with_copies(met, keys, dirt.heavier(company.plan), bad))


def stage_table(stages: pl.DataFrame) -> pl.DataFrame:
    """deal_stage_data, with `copy` as a last column."""
    at = stages["at"].to_numpy()
    impossible = pl.repeat("2026-02-31 10:00:00", stages.height, eager=True)
    entered = impossible.zip_with(stages["copy"] == dirt.IMPOSSIBLE, stamps.plain(at))
    value = stages["touchpoint"].replace_strict(STAGE_IDS, return_dtype=pl.String)
    return pl.DataFrame(
        {
            "month": stages["month"],
            "_fivetran_start": entered,
            "deal_id": stages["deal"],
            "_fivetran_active": pl.repeat("true", stages.height, eager=True),
            "_fivetran_end": pl.repeat("9999-12-31 23:59:59", stages.height, eager=True),
            "_fivetran_synced": stamps.plain(at + cells.SYNC_DELAY),
            "date_entered": entered,
            "source": pl.repeat("CRM_UI", stages.height, eager=True),
            "source_id": None,
            "value": value,
            "copy": stages["copy"],
        }
    )


def deal_tables(stages: pl.DataFrame, company: Company) -> dict[str, pl.DataFrame]:
    """deal_data and deal_contact_data: every deal in each month in which it has a stage row."""
    latest = stages.group_by("month", "deal", maintain_order=True).agg(
        pl.col("person_id", "touchpoint", "order_number", "at").last()
    )
    made = stages.group_by("deal").agg(made_at=pl.col("at").min())
    deals = latest.join(made, on="deal", how="left").sort("month", "made_at", "deal")
    names = cells.names(deals, company)
    contact = identifiers.hubspot_contacts(
        deals["person_id"].to_numpy(), np.zeros(deals.height, np.int64)
    )
    made_text = stamps.plain(deals["made_at"].to_numpy())
    synced = stamps.plain(deals["at"].to_numpy() + cells.SYNC_DELAY)
    stage = deals["touchpoint"].replace_strict(STAGE_IDS, return_dtype=pl.String)
    deal_data = pl.DataFrame(
        {
            "month": deals["month"],
            "deal_id": deals["deal"],
            "is_deleted": pl.repeat("false", deals.height, eager=True),
            "deal_pipeline_id": pl.repeat(PIPELINE, deals.height, eager=True),
            "deal_pipeline_stage_id": stage,
            "owner_id": None,
            "portal_id": pl.repeat("4703379", deals.height, eager=True),
            "property_dealname": "Installation " + names["last"],
            "property_description": None,
            "property_amount": None,
            "property_closedate": None,
            "property_createdate": made_text,
        }
    )
    deal_contact = pl.DataFrame(
        {
            "month": deals["month"],
            "contact_id": contact,
            "deal_id": deals["deal"],
            "_fivetran_synced": synced,
            "type_id": pl.repeat("3", deals.height, eager=True),
            "category": pl.repeat("HUBSPOT_DEFINED", deals.height, eager=True),
        }
    )
    return {"deal_data": deal_data, "deal_contact_data": deal_contact}


def stage_names(company: Company) -> pl.DataFrame:
    """deal_pipeline_stage_data, the same in every month."""
    made = stamps.plain(pl.Series([stamps.midnight(company.plan.starts_on)]).to_numpy())[0]
    rows = [
        {
            "_fivetran_deleted": "false",
            "_fivetran_synced": made,
            "active": "true",
            "closed_won": "true" if touchpoint == DONE else "false",
            "is_closed": "true" if touchpoint == DONE else "false",
            "display_order": str(order),
            "probability": "1.0",
            "stage_id": stage_id,
            "label": way.TOUCHPOINTS[touchpoint].name,
            "pipeline_id": PIPELINE,
            "created_at": made,
            "updated_at": made,
        }
        for order, (touchpoint, stage_id) in enumerate(STAGE_IDS.items())
    ]
    return pl.DataFrame(rows)
