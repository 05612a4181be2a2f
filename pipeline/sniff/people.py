"""Which columns of a table name the customer, and under which namespaces."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from pipeline.landing.attribute_names import WORDS
from pipeline.landing.attributes import compact, value
from pipeline.sniff import columns
from pipeline.sniff.columns import Column, masked
from pipeline.sniff.draft import Mapping
from pipeline.sniff.sample import Sample
from pipeline.sniff.vocabulary import (
    ID_WORDS,
    OF_THINGS,
    OTHERS,
    OWN_USERS,
    PERSON,
    STAFF,
    TYPES,
    VENDORS,
)


def vendor_of(found: Sample) -> str | None:
    """Whose ids a file may hold: a vendor named by the folders, the file or its links."""
    places = " ".join(PurePosixPath(str(found.file.path)).parts[-5:]).lower()
    links = " ".join(
        value
        for row in found.rows[:20]
        for value in row.values()
        if isinstance(value, str) and value.startswith("http")
    ).lower()
    named = [name for name in VENDORS if re.search(rf"(?<![a-z]){name}", places)]
    return next(iter([*named, *(name for name in VENDORS if name in links)]), None)


def name_people(
    said: Mapping, table: Sequence[Column], noun: str, vendor: str | None, region: str
) -> None:
    """The columns that name the customer."""
    for column in table:
        namespace = None
        if column.values and column.name not in said.fields.values():
            namespace = _namespace(column, noun, vendor, region)
        if namespace is None or namespace in said.identifiers:
            continue
        said.identifiers[namespace] = column.name
        if column.share < 0.5:
            empty = f"{1 - column.share:.0%} of the records"
            said.doubts.append(f"customer: {column.name} is empty in {empty}")
        if namespace not in {"email", "phone"}:
            said.doubts.append(
                f"identifier: {column.name} ({masked(column.values[0])}) is put into the "
                f"namespace {namespace}; give it the name that other sources use for it"
            )
    if not said.identifiers:
        said.lacks.append("which column names the customer")
    staff = [column.name for column in table if column.words[-1:] in TYPES and _tells_staff(column)]
    if staff:
        said.doubts.append(f"customer: {staff[0]} tells staff, who are no customers, from others")


def describe_people(said: Mapping, table: Sequence[Column], noun: str) -> None:
    """The columns that say who the customer is; a name alone is a person's in rows of persons."""
    of_persons = bool(PERSON & set(noun.split("_")))
    used = {*said.fields.values(), *said.identifiers.values()}
    for column in table:
        attribute = WORDS.get(compact(column.name))
        if (
            attribute is None
            or attribute in said.attributes
            or column.name in used
            or (attribute in OF_THINGS and not of_persons)
            or not any(value(attribute, text) for text in column.values)
        ):
            continue
        said.attributes[attribute] = column.name
    if said.attributes:
        listed = ", ".join(f"{column} as {name}" for name, column in said.attributes.items())
        said.doubts.append(f"the customer's own: {listed} are taken for personal data")


def _namespace(column: Column, noun: str, vendor: str | None, region: str) -> str | None:
    """The namespace of a filled column that names a customer; None when it names none."""
    words = set(column.words)
    if STAFF & words:
        return None
    if columns.are_emails(column):
        is_one = len(column.values) > 3 and len(set(column.values)) == 1
        return None if OTHERS & words or is_one else "email"
    if words & {"phone", "mobile", "cell", "msisdn", "caller", "tel", "telephone"}:
        return "phone" if columns.are_phones(column, region) else None
    return _handle(column, noun, vendor) if column.layout is None else None


def _tells_staff(column: Column) -> bool:
    """Whether a column has values such as agent or admin."""
    return bool(STAFF & {value.lower() for value in column.values})


def _handle(column: Column, noun: str, vendor: str | None) -> str | None:
    """The namespace of a column of ids of persons; None when it is none."""
    words = column.words
    if words == ("id",):
        words = (*noun.split("_")[-1:], "id") if noun in PERSON else words
    compact = "".join(words)
    person = next((word for word in words if word in PERSON), None)
    if person is None:
        person = next((name for name in PERSON if compact in {f"{name}id", f"{name}no"}), None)
    if words in OWN_USERS:
        return "user_id"
    if person in {"customer", "user", "requester"}:
        kin = "user" if vendor else "user_id"
    elif person is None:
        return None
    else:
        kin = {"anonymous": "anonymous_id", "device": "device_id"}.get(person, person)
    is_id = bool(ID_WORDS & set(words)) or compact.endswith(("id", "login", "username"))
    if not is_id or set(words) & {"list", "type", "count", "tag", "custom", "organisation"}:
        return None
    return kin if kin.endswith("_id") or vendor is None else f"{vendor}_{kin}"
