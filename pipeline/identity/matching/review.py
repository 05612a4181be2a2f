"""Pairs that people are to decide: a file with masked values, and what they wrote into it.

Decisions go where all decisions are, into identity_links.csv; the file itself is made anew by
every run and leaves out what was decided.
"""

import csv
import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.catalogue import sheets
from pipeline.catalogue.sheets import Faults
from pipeline.errors import BadSettings

FILE = "match_review.csv"
COLUMNS = ("pair", "probability", "what_speaks", "left", "right", "decision")
DECISIONS: Mapping[str, str | None] = {"same": "force", "different": "veto", "": None}
LINKS = "identity_links.csv"
LINK_COLUMNS = ("rule", "left", "right", "decided_by", "decided_on", "why")


def write(pairs: pl.DataFrame, table: pl.DataFrame, out: Path) -> None:
    """Write the review file of `pairs`, the likeliest first, with values masked.

    Args:
        pairs: `left_customer_id`, `right_customer_id`, `left_identifier`, `right_identifier`,
            `probability`, `features`.
        table: What is said of each customer: `customer_id` and the attributes.
        out: The folder of the identity tables.
    """
    asked = set(pairs["left_customer_id"]) | set(pairs["right_customer_id"])
    said = {
        row["customer_id"]: _masked(row)
        for row in table.filter(pl.col("customer_id").is_in(asked)).iter_rows(named=True)
    }
    rows = pairs.sort(
        "probability", "left_identifier", "right_identifier", descending=[True, False, False]
    )
    with (out / FILE).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows.iter_rows(named=True):
            writer.writerow(
                [
                    reference(row["left_identifier"], row["right_identifier"]),
                    f"{row['probability']:.3f}",
                    row["features"],
                    said[row["left_customer_id"]],
                    said[row["right_customer_id"]],
                    "",
                ]
            )


def reference(left: str, right: str) -> str:
    """How the file names a pair: a hash of both identifiers, whichever comes first."""
    both = "\n".join(sorted((left, right)))
    return "p" + hashlib.blake2b(both.encode(), digest_size=8).hexdigest()


def take(file: Path, *, project: Path, pairs: pl.DataFrame, decided_by: str, on: date) -> int:
    """Append what people decided in a review file to identity_links.csv.

    Args:
        file: The review file, its column `decision` filled with same, different or nothing.
        project: The project folder.
        pairs: The `match_pairs` of the published snapshot, with identifiers.
        decided_by: Who decided.
        on: The day of the decisions.

    Returns:
        How many decisions were taken.

    Raises:
        BadSettings: A decision that is no such word, or a pair that is not up for review; names
            file and line, and nothing is taken.
    """
    known = {
        reference(left, right): (left, right)
        for left, right in pairs.select("left_identifier", "right_identifier").iter_rows()
    }
    faults = Faults()
    rows = []
    for where, cells in sheets.read(file, COLUMNS, faults):
        word = faults.one_of(where, "decision", cells["decision"], tuple(DECISIONS))
        rule = DECISIONS.get(word)
        if rule is None:
            continue
        if cells["pair"] not in known:
            faults.add(where, "this pair is not up for review any more; take the line out")
            continue
        why = f"reviewed, {cells['probability']}: {cells['what_speaks']}"
        rows.append([rule, *known[cells["pair"]], decided_by, on.isoformat(), why])
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    path = project / LINKS
    is_new = not path.exists()
    ends_open = not is_new and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8", newline="") as links:
        if ends_open:
            links.write("\n")
        writer = csv.writer(links, lineterminator="\n")
        if is_new:
            writer.writerow(LINK_COLUMNS)
        writer.writerows(rows)
    return len(rows)


def _masked(row: Mapping[str, object]) -> str:
    """What is said of a customer, enough of it to tell whether two mean the same person."""
    return "; ".join(
        f"{name} {_mask(name, str(value))}"
        for name, value in row.items()
        if name != "customer_id" and value is not None
    )


def _mask(name: str, value: str) -> str:
    if name == "email":
        user, _, domain = value.partition("@")
        return f"{user[:1]}***{user[-1:]}@{domain}"
    if name == "phone":
        return f"{value[:3]}***{value[-2:]}"
    if name == "birth_on":
        return f"{value[:4]}-**-{value[-2:]}"
    if name in {"gender", "country", "region", "city", "language"}:
        return value
    return " ".join(f"{word[:1]}***{word[-1:]}" for word in value.split())
