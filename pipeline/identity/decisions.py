"""What people decided about who is one person: identity_links.csv in the project folder.

Decisions outlive every rebuild, because they are read again for each. One about an identifier
that nobody has seen is kept: it counts from the night on which both have landed.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from pipeline.catalogue import sheets
from pipeline.catalogue.sheets import Faults, Line
from pipeline.errors import BadSettings
from pipeline.identity.given_links import GIVEN_LINKS
from pipeline.job import DECISIONS_FILE
from pipeline.landing.identifiers import normalise

COLUMNS = ("rule", "left", "right", "decided_by", "decided_on", "why")
RULES = ("force", "veto")
SAID = {"force": "forces together", "veto": "keeps apart"}


def read(folder: Path, *, region: str, until: date = date.max) -> pl.DataFrame:
    """The decisions of the project in `folder`; none where it has no such file.

    Args:
        folder: The project folder.
        region: How a national telephone number is read, such as GB.
        until: The last day whose decisions count; what was decided later is left out.

    Returns:
        GIVEN_LINKS, one row per decision; `reason` names file, line and day, and nobody.

    Raises:
        BadSettings: A line that cannot be meant, or two that contradict each other; names file
            and line, and all of them at once.
    """
    path = folder / DECISIONS_FILE
    if not path.exists():
        return GIVEN_LINKS.to_frame()
    faults = Faults()
    lines = list(sheets.read(path, COLUMNS, faults))
    told = [(line, _decision(line, region=region, faults=faults)) for line in lines]
    _contradictions([row for _, row in told if row], faults)
    if faults.sentences:
        raise BadSettings("\n".join(faults.sentences))
    rows = [
        row[1]
        for (_, cells), row in told
        if row and date.fromisoformat(cells["decided_on"]) <= until
    ]
    return pl.DataFrame(rows, schema=GIVEN_LINKS, orient="row")


def _decision(
    line: Line, *, region: str, faults: Faults
) -> tuple[str, tuple[str, str, str, str, str, None, str]] | None:
    """Where a decision stands and its row; None where it has a fault."""
    where, cells = line
    before = len(faults.sentences)
    rule = faults.one_of(where, "rule", cells["rule"], RULES)
    left, right = (
        _identifier(line, end, region=region, faults=faults) for end in ("left", "right")
    )
    if not cells["decided_by"]:
        faults.add(where, "decided_by is empty; write who decided it")
    try:
        day = date.fromisoformat(cells["decided_on"])
    except ValueError:
        faults.add(where, f"decided_on is {cells['decided_on']!r}; write a day as 2026-03-31")
    if left == right and left[1]:
        faults.add(where, "left and right are the same identifier; name two")
    if len(faults.sentences) > before:
        return None
    reason = f"decided on {day}, {DECISIONS_FILE} line {_number(where)}"
    return where, (rule, *left, *right, None, reason)


def _identifier(line: Line, end: str, *, region: str, faults: Faults) -> tuple[str, str]:
    """Namespace and value in normal form; a fault, which shows no value, where there is none."""
    where, cells = line
    namespace, colon, text = (part.strip() for part in cells[end].partition(":"))
    namespace = namespace.casefold()
    if not colon or not namespace:
        faults.add(where, f"{end} names no namespace; write it as email:ada@example.org")
        return "", ""
    value = normalise(namespace, text, region=region)
    if value is None:
        faults.add(where, f"{end} is no {namespace}; check how it is spelled")
    return namespace, value or ""


def _contradictions(
    rows: Sequence[tuple[str, tuple[str, str, str, str, str, None, str]]], faults: Faults
) -> None:
    """Faults of pairs that one line forces and another one keeps apart."""
    first: dict[frozenset[tuple[str, str]], tuple[str, str]] = {}
    for where, (rule, left_namespace, left, right_namespace, right, _, _) in rows:
        pair = frozenset({(left_namespace, left), (right_namespace, right)})
        other, there = first.setdefault(pair, (rule, where))
        if other != rule:
            faults.add(
                where, f"a {rule} of what line {_number(there)} {SAID[other]}; take one of them out"
            )


def _number(where: str) -> str:
    """The line's number."""
    return where.rpartition(":")[2]
