"""benchmarks.csv: what a company compares its stages and touchpoints with.

Rule: a value is written on the scale that Wend publishes the measure on, so that it can be set
beside it as it is: a share as 0.85, never 85 or 85%. The file is optional.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from pipeline.catalogue import sheets
from pipeline.catalogue.sheets import Faults, nearest_name
from pipeline.errors import BadSettings

FILE = "benchmarks.csv"
COLUMNS = ("measure", "about", "value", "source", "as_of_on", "note")
BENCHMARKS = pl.Schema(
    {
        "number": pl.Int32,  # the line's place in the file, from 1
        "measure": pl.String,
        "grain": pl.String,  # stage or touchpoint
        "name": pl.String,
        "value": pl.Float64,
        "source": pl.String,
        "as_of_on": pl.Date,
        "note": pl.String,
    }
)
SCALES: Mapping[str, tuple[float, float]] = {
    "nps": (-100, 100),
    "csat": (0, 1),
    "ces": (1, 7),
    "sentiment": (-1, 1),
    "drop_off_share": (0, 1),
    "contacts_per_resolution": (1, math.inf),
    "single_contact_share": (0, 1),
    "repeated_share": (0, 1),
    "company_started_share": (0, 1),
}
"""The lowest and the highest value of each measure."""


def read(folder: Path, stages: Sequence[str], touchpoints: Sequence[str]) -> pl.DataFrame:
    """The benchmarks of the project in `folder`; none where there is no such file.

    Raises:
        BadSettings: Lines that cannot be meant; names file and line of each.
    """
    path = folder / FILE
    if not path.is_file():
        return pl.DataFrame(schema=BENCHMARKS)
    faults = Faults()
    # Where a stage and a touchpoint share a name, the stage is meant, as for notes.
    grains = dict.fromkeys(touchpoints, "touchpoint") | dict.fromkeys(stages, "stage")
    rows: list[tuple[object, ...]] = []
    lines: dict[tuple[str, str, str], str] = {}
    for where, cells in sheets.read(path, COLUMNS, faults):
        measure = faults.one_of(where, "measure", cells["measure"], tuple(SCALES))
        about, source = cells["about"], cells["source"]
        if about not in grains:
            hint = nearest_name(about, list(grains))
            faults.add(where, f"about is {about!r}, neither a stage nor a touchpoint; {hint}")
        if not source:
            faults.add(where, "source is empty; write where the value comes from")
        earlier = lines.setdefault((measure, about, source), where.rpartition(":")[2])
        if earlier != where.rpartition(":")[2]:
            faults.add(
                where,
                f"{measure} of {about!r} by {source!r} stands on line {earlier} too; take one out",
            )
        value = _value(where, measure, cells["value"], faults)
        given = cells["as_of_on"]
        day = faults.day(where, "as_of_on", given) if given else None
        rows.append(
            (len(rows) + 1, measure, grains.get(about), about, value, source, day,
             cells["note"] or None)
        )  # fmt: skip
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    return pl.DataFrame(rows, schema=BENCHMARKS, orient="row")


def _value(where: str, measure: str, given: str, faults: Faults) -> float | None:
    """A number on the measure's scale; a fault otherwise."""
    low, high = SCALES.get(measure, (-math.inf, math.inf))
    try:
        value = float(given)
    except ValueError:
        value = math.nan
    if low <= value <= high and math.isfinite(value):
        return value
    wanted = "a number"
    if math.isfinite(high):
        wanted = f"a number from {low:g} to {high:g}"
    elif math.isfinite(low):
        wanted = f"a number of {low:g} or more"
    # A share is what people write in percent.
    example = ", such as 0.85" if (low, high) == (0, 1) else ""
    faults.add(where, f"value is {given!r}; write {measure or 'it'} as {wanted}{example}")
    return None
