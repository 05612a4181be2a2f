"""Dynamics ids, look-ups and options: which record a column of a Dataverse table names."""

import re

from pipeline.errors import BadRecord
from pipeline.landing.crm.rows import Row, cell, subject
from pipeline.landing.record import Identifier

GUID = re.compile(r"\{?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}?")
# What a polymorphic look-up may point to -> its namespace.
PARTIES = {
    "contact": "dynamics_contact",
    "2": "dynamics_contact",
    "lead": "dynamics_lead",
    "4": "dynamics_lead",
    "opportunity": "dynamics_opportunity",
    "3": "dynamics_opportunity",
    "incident": "dynamics_case",
    "112": "dynamics_case",
}
FORMATTED = "odatacommunitydisplayv1formattedvalue"
TARGET = "microsoftdynamicscrmlookuplogicalname"


def guid(text: str, column: str) -> str:
    """A GUID in lower case without braces.

    Raises:
        BadRecord: Something else.
    """
    match = GUID.fullmatch(text.strip().lower())
    if match is None:
        raise BadRecord(f"{column} is no GUID: {text[:40]!r}")
    return match[1]


def looked_up(row: Row, namespace: str, column: str) -> tuple[Identifier, ...]:
    """The record that a look-up column names, where it is filled."""
    text = cell(row, f"{column}value", column)
    return () if text is None else (subject(row, namespace, guid(text, column)),)


def own(row: Row, namespace: str, column: str) -> Identifier:
    """The row's own record.

    Raises:
        BadRecord: It has no id, or one that is no GUID.
    """
    if column not in row.cells:
        raise BadRecord(f"{column} is empty")
    return subject(row, namespace, guid(row.cells[column], column))


def label_of(row: Row, column: str) -> str | None:
    """An option's label, else its number."""
    return cell(row, f"{column}{FORMATTED}", f"{column}name", column)


def party(row: Row, column: str) -> Identifier | None:
    """Whom or what a look-up to several tables names; None: nothing that a customer has.

    Without a word on the table nobody can say what the id is of.
    """
    text = cell(row, f"{column}value", column)
    table = cell(
        row,
        f"{column}value{TARGET}",
        *(f"{column}{end}" for end in ("type", "entitytype", "typecode")),
        f"{column.removesuffix('id')}typecode",
    )
    namespace = PARTIES.get((table or "").lower())
    if text is None or namespace is None:
        return None
    return subject(row, namespace, guid(text, column))
