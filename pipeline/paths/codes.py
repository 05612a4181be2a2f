"""One character for each touchpoint and stage, so that a whole journey is one short text."""

import itertools
import string
from collections.abc import Iterable

import polars as pl

from pipeline.errors import BadSettings

# Letters and digits first, as most catalogues need no more; then letters of other scripts, none
# of which means anything in a regular expression. Surrogates and combining marks stay out.
ALPHABET = (
    *string.ascii_uppercase,
    *string.ascii_lowercase,
    *string.digits,
    *map(chr, range(0x0100, 0x0180)),
    *map(chr, range(0x4E00, 0x9FA6)),
)
SCHEMA = pl.Schema({"grain": pl.String, "name": pl.String, "code": pl.String, "stage": pl.String})


def path_codes(stages: pl.DataFrame, touchpoints: pl.DataFrame) -> pl.DataFrame:
    """A code for every stage and touchpoint of the catalogue, in its order.

    One row per `grain` (stage or touchpoint) and `name`; `stage` is the touchpoint's. Codes hold
    for one snapshot: a catalogue with a new line gives others the codes.

    Raises:
        BadSettings: The catalogue names more than there are codes.
    """
    return pl.DataFrame(
        [
            *_coded("stage", stages.select("stage", same="stage").iter_rows()),
            *_coded("touchpoint", touchpoints.select("touchpoint", "stage").iter_rows()),
        ],
        schema=SCHEMA,
        orient="row",
    )


def _coded(
    grain: str, names: Iterable[tuple[str, str | None]]
) -> list[tuple[str, str, str, str | None]]:
    """Names of one grain, each with its code."""
    listed = list(names)
    if len(listed) > len(ALPHABET):
        raise BadSettings(
            f"the catalogue names {len(listed):,} of grain {grain}; paths can tell "
            f"{len(ALPHABET):,} apart: merge some"
        )
    return [
        (grain, name, code, stage)
        for (name, stage), code in zip(listed, itertools.islice(ALPHABET, len(listed)), strict=True)
    ]
