"""Frames written as text, so that a reader can check them by eye."""

import io

import polars as pl


def table(text: str) -> pl.DataFrame:
    """The frame that a `a | b` table with a header line shows; empty cells are null."""
    lines = [line.strip() for line in text.strip().splitlines()]
    rows = "\n".join("|".join(cell.strip() for cell in line.split("|")) for line in lines)
    return pl.read_csv(io.StringIO(rows), separator="|", try_parse_dates=True)
