"""What a writer is given and what it says of its work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, dirt, stamps
from pipeline.simulate.journeys import TOUCHES
from pipeline.simulate.plan import Plan

BAD_RECORDS = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,  # relative to the project folder
        "record_number": pl.Int64,  # as landing counts the format's records, from 1
        "reason": pl.String,
        "raw": pl.String,  # the record as it stands in the file
    }
)
FILES = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,
        "arrives_on": pl.Date,  # the day after whose end the file lies there whole
        "record_count": pl.Int64,
    }
)
DIRT = pl.Schema({"source": pl.String, "kind": pl.String, "count": pl.Int64})
# One row per distinct set of handles that one record holds; a name after a colon tells two of
# one namespace apart.
EVIDENCE = pl.Schema(
    {
        "person_id": pl.Int64,
        "anonymous_id": pl.String,
        "user_id": pl.String,
        "email": pl.String,
        "phone": pl.String,
        "zendesk_visitor": pl.String,
        "intercom_contact": pl.String,
        "hubspot_contact": pl.String,
        "hubspot_contact:merged": pl.String,
        "salesforce_contact": pl.String,
        "salesforce_lead": pl.String,
    }
)


@dataclass(frozen=True, slots=True)
class Company:
    """The invented company while its logs are written.

    Attributes:
        out: The project folder.
        staging: Where each source's narrow rows wait, as Parquet, until they are written.
        persons: `PERSONS`; the row number is the person_id.
    """

    out: Path
    staging: Path
    plan: Plan
    seed: int
    persons: pl.DataFrame

    @property
    def last(self) -> int:
        """The instant at which the logs end."""
        return stamps.midnight(self.plan.ends_on)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a source's files: `FILES`, `BAD_RECORDS`, `DIRT`, `EVIDENCE`."""

    files: pl.DataFrame
    bad_records: pl.DataFrame
    dirt: pl.DataFrame
    evidence: pl.DataFrame


def evidence(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with some of the columns of `EVIDENCE` as rows with all of them, each once."""
    missing = [pl.lit(None, kind).alias(n) for n, kind in EVIDENCE.items() if n not in rows.columns]
    return rows.with_columns(missing).select(EVIDENCE.names()).unique(maintain_order=True)


def together(parts: Iterable[Written]) -> Written:
    """Several accounts as one."""
    found = list(parts)
    return Written(
        files=pl.concat([part.files for part in found]),
        bad_records=pl.concat([part.bad_records for part in found]),
        dirt=pl.concat([part.dirt for part in found]),
        evidence=pl.concat([part.evidence for part in found]),
    )


def account(
    files: list[tuple[str, str, int, int]],
    bad: list[pl.DataFrame],
    dirt: list[tuple[str, str, int]],
    found: pl.DataFrame,
) -> Written:
    """What was written, from plain rows.

    Args:
        files: Source, file, day number of arrival, records.
        bad: Frames of `BAD_RECORDS`.
        dirt: Source, kind, count.
        found: `EVIDENCE`.
    """
    rows = [(source, file, stamps.day_of(day), count) for source, file, day, count in files]
    return Written(
        pl.DataFrame(rows, schema=FILES, orient="row"),
        pl.concat([pl.DataFrame(schema=BAD_RECORDS), *bad]),
        pl.DataFrame(dirt, schema=DIRT, orient="row"),
        found,
    )


def stage(company: Company, source: str, part: int, rows: pl.DataFrame) -> None:
    """Keep a chunk's rows of a source, in the order of their files."""
    if rows.height:
        path = company.staging / f"{source}-{part:05}.parquet"
        rows.sort("file_day").write_parquet(path, row_group_size=50_000, compression="lz4")


def staged(company: Company, source: str) -> pl.LazyFrame | None:
    """All rows kept of a source; None when there are none."""
    paths = sorted(company.staging.glob(f"{source}-*.parquet"))
    return pl.scan_parquet(paths) if paths else None


def by_days(company: Company, source: str, at_once: int) -> Iterator[pl.DataFrame]:
    """The rows kept of a source, some whole file days at a time, about `at_once` rows."""
    rows = staged(company, source)
    if rows is None:
        return
    counts = rows.group_by("file_day").len().collect(engine="in-memory").sort("file_day")
    group = (counts["len"].cum_sum() - counts["len"]) // at_once
    for days in counts.group_by(group.alias("group"), maintain_order=True):
        day = days[1]["file_day"]
        inside = pl.col("file_day").is_between(day.min(), day.max())
        yield rows.filter(inside).collect(engine="in-memory")


def write_lines(path: Path, lines: pl.Series) -> None:
    """One line each, as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines.to_frame("line").write_csv(
        path, include_header=False, quote_style="never", line_terminator="\n"
    )


def line_records(source: str, file: str, lines: pl.Series, reasons: pl.Series) -> pl.DataFrame:
    """The lines of a file that have a reason, as `BAD_RECORDS`."""
    frame = pl.DataFrame({"raw": lines, "reason": reasons, "n": np.arange(1, len(lines) + 1)})
    found = frame.filter(pl.col("reason").is_not_null()).select("n", "reason", "raw")
    # By way of Python: a filtered column would hold on to the text of the whole file.
    rows = [(source, file, *row) for row in found.iter_rows()]
    return pl.DataFrame(rows, schema=BAD_RECORDS, orient="row")


def met(company: Company, touchpoints: list[int]) -> pl.DataFrame:
    """All meetings at some of the touchpoints that are neither web pages nor the portal's.

    In the order of time; `TOUCHES`.
    """
    rows = staged(company, "others")
    if rows is None:
        return pl.DataFrame(schema=TOUCHES)
    wanted = rows.filter(pl.col("touchpoint").is_in(touchpoints)).drop("file_day")
    return wanted.collect(engine="in-memory").sort("at", "person_id", "step")


def weekly(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `file_day` moved to its Monday, in the order of their files."""
    monday = pl.Series(
        stamps.week_starts(rows["file_day"].to_numpy().astype(np.int64) * stamps.DAY)
    )
    return rows.with_columns(file_day=monday).sort("file_day", "at", "person_id", "step", "copy")


def monthly(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the `month` of their `file_day`, in the order of their files."""
    month = stamps.month(rows["file_day"].to_numpy().astype(np.int64) * stamps.DAY)
    return rows.with_columns(month=month).sort("month", "at", "person_id", "step", "copy")


def month_end(month: str) -> int:
    """The day number of a month's last day."""
    year, number = int(month[:4]), int(month[5:])
    return stamps.day_number(date(year + number // 12, number % 12 + 1, 1)) - 1


def scores(
    mood: NDArray[np.int8], keys: chance.Numbers, bounds: dict[int, tuple[int, int]]
) -> pl.Series:
    """A whole score per row, between the bounds of its mood."""
    low = np.array([bounds[level][0] for level in (-1, 0, 1)])[mood + 1]
    high = np.array([bounds[level][1] for level in (-1, 0, 1)])[mood + 1]
    return pl.Series(low + (chance.shares(keys, "score") * (high - low + 1)).astype(np.int64))


def write_text(path: Path, text: str) -> None:
    """A file of UTF-8 text, line ends as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_csv(path: Path, rows: pl.DataFrame, *, short: pl.Series | None = None) -> pl.Series:
    """A CSV file with a header, every cell quoted, and its rows as they stand in it.

    Args:
        path: Where to.
        rows: The cells; null becomes an empty one.
        short: Rows to be broken off after their third cell.

    Returns:
        The text of each row.
    """
    cells = [
        pl.concat_str(
            pl.lit('"'),
            pl.col(name).cast(pl.String).fill_null("").str.replace_all('"', '""', literal=True),
            pl.lit('"'),
        )
        for name in rows.columns
    ]
    frame = rows.select(
        line=pl.concat_str(cells, separator=","), start=pl.concat_str(cells[:3], separator=",")
    )
    lines = frame["line"] if short is None else frame["start"].zip_with(short, frame["line"])
    header = ",".join(f'"{name}"' for name in rows.columns)
    write_text(path, "\n".join([header, *lines.to_list(), ""]))
    return lines


def whole_table(
    company: Company, source: str, month: str, name: str, rows: pl.DataFrame
) -> tuple[str, str, int, int]:
    """Write one table of a monthly export; gives its line of the files' list."""
    file = f"raw/{source}/{month}/{name}.csv"
    write_csv(company.out / file, rows)
    return source, file, _arrives(month, company), rows.height


def _arrives(month: str, company: Company) -> int:
    return min(month_end(month), stamps.day_number(company.plan.ends_on))


def tables(
    company: Company,
    source: str,
    exported: dict[str, pl.DataFrame],
    marks: dict[str, pl.DataFrame],
) -> Written:
    """Write a CRM's tables as one folder of CSV files a month.

    Args:
        company: Whose export.
        source: Its name.
        exported: By file name: `month`, then the columns of the file, in order.
        marks: For tables with bad rows: `month`, `reason`, `copy`, row by row as in the table.
    """
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    for name, rows in exported.items():
        for (month,), part in rows.group_by("month", maintain_order=True):
            file = f"raw/{source}/{month}/{name}.csv"
            cells = part.drop("month")
            files.append((source, file, _arrives(str(month), company), cells.height))
            if name not in marks:
                write_csv(company.out / file, cells)
                continue
            mark = marks[name].filter(pl.col("month") == month)
            lines = write_csv(company.out / file, cells, short=mark["copy"] == dirt.CUT)
            bad.append(line_records(source, file, lines, mark["reason"]))
    return account(files, bad, [], pl.DataFrame(schema=EVIDENCE))
