"""The repeated records of a GA4 export: parameters and items, in each form BigQuery writes."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.errors import BadRecord
from pipeline.landing.web.segment import part
from pipeline.landing.web.tracker_fields import needed

# No more digits than 64 bits are sure to hold.
INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
VALUES = ("string_value", "int_value", "float_value", "double_value")


def repeated(row: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """A repeated record, as a list or in the form Parquet has without list inference.

    Raises:
        BadRecord: Something else stands there.
    """
    found = row.get(name)
    if isinstance(found, dict) and isinstance(found.get("list"), list):
        held = found["list"]
        found = [
            each.get("element", each.get("item")) if isinstance(each, dict) else each
            for each in held
        ]
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise BadRecord(f"{name} is no list of records: {str(found)[:40]!r}")
    return found


def flattened(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Parameters by key: the one of their values that is filled, whole numbers as such.

    Raises:
        BadRecord: One has no key, or a value that is none of the four kinds.
    """
    found: dict[str, Any] = {}
    for each in repeated(row, name):
        key, value = needed(each, "key"), part(each, "value")
        filled = [kind for kind in VALUES if value.get(kind) is not None]
        if not filled:
            continue
        given = value[filled[0]]
        found[key] = whole(given, key) if filled[0] == "int_value" else given
    return found


def whole(value: Any, name: str) -> int:
    """A 64-bit integer, which JSON exports write as text.

    Raises:
        BadRecord: It is none.
    """
    written = str(value)
    if isinstance(value, bool | float) or not INTEGER.fullmatch(written):
        raise BadRecord(f"{name} is no whole number: {written[:40]!r}")
    return int(written)
