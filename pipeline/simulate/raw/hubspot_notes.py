"""HubSpot's notes: what engineers wrote after some installations.

Headers: engagement_data, engagement_contact_data and engagement_note_data, as a Fivetran connector
makes them.
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps
from pipeline.simulate.raw import hubspot_cells as cells
from pipeline.simulate.raw.hubspot_deals import DONE
from pipeline.simulate.raw.written import Company


def note_tables(stages: pl.DataFrame, company: Company) -> dict[str, pl.DataFrame]:
    """The engineers' notes after some installations."""
    done = stages.filter((pl.col("touchpoint") == DONE) & (pl.col("copy") == dirt.ORIGINAL))
    keys = chance.keyed(
        chance.root(company.seed, "note"), done["person_id"].to_numpy(), done["step"].to_numpy()
    )
    rows = done.filter(chance.shares(keys, "has note") < 0.2)
    at = rows["at"].to_numpy() + stamps.MINUTE
    number = ("7" + rows["deal"]).alias("id")
    stamp, synced = stamps.plain(at), stamps.plain(at + cells.SYNC_DELAY)
    month = stamps.month(at)
    contact = identifiers.hubspot_contacts(
        rows["person_id"].to_numpy(), np.zeros(rows.height, np.int64)
    )
    kind = pl.repeat("NOTE", rows.height, eager=True)
    text = pl.repeat("Cable laid, router by the door.", rows.height, eager=True)
    return {
        "engagement_data": pl.DataFrame(
            {
                "month": month,
                "id": number,
                "type": kind,
                "_fivetran_synced": synced,
                "portal_id": pl.repeat("4703379", rows.height, eager=True),
            }
        ),
        "engagement_contact_data": pl.DataFrame(
            {
                "month": month,
                "contact_id": contact,
                "engagement_id": number,
                "engagement_type": kind,
                "type_id": pl.repeat("202", rows.height, eager=True),
                "_fivetran_synced": synced,
                "category": pl.repeat("HUBSPOT_DEFINED", rows.height, eager=True),
            }
        ),
        "engagement_note_data": pl.DataFrame(
            {
                "month": month,
                "engagement_id": number,
                "_fivetran_deleted": pl.repeat("false", rows.height, eager=True),
                "_fivetran_synced": synced,
                "property_hs_body_preview": text,
                "property_hs_createdate": stamp,
                "property_hs_lastmodifieddate": stamp,
                "property_hs_note_body": text,
                "property_hs_timestamp": stamp,
                "property_hubspot_owner_id": None,
                "property_hubspot_team_id": None,
                "type": kind,
            }
        ),
    }
