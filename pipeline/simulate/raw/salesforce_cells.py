"""What every table of the Salesforce export shares."""

import polars as pl

SOURCE = "salesforce"
OWNER = "005000000000001AAA"


def text(value: str, rows: pl.DataFrame) -> pl.Series:
    """The same text in every row."""
    return pl.repeat(value, rows.height, eager=True)


def flag(values: pl.Series) -> pl.Series:
    """Booleans as the export writes them: 1 and 0."""
    return values.cast(pl.Int8).cast(pl.String)
