"""What every table of the HubSpot export shares."""

import polars as pl

from pipeline.simulate import stamps
from pipeline.simulate.raw.written import Company

SOURCE = "hubspot"
SYNC_DELAY = 15 * stamps.MINUTE


def names(rows: pl.DataFrame, company: Company) -> dict[str, pl.Series]:
    """First and last name of each row's person."""
    person = rows["person_id"]
    return {
        "first": company.persons["first_name"].gather(person),
        "last": company.persons["last_name"].gather(person),
    }
