"""How alike two records are, attribute by attribute: the levels that Splink compares.

Levels go from the same to quite different; a missing value says nothing either way. Columns that
say where somebody lives at several scales are one comparison, not several pieces of evidence.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import splink.comparison_level_library as levels
from splink.comparison_library import CustomComparison

from pipeline.identity.matching.columns import Column, Kind
from pipeline.identity.matching.records import both_names

Level = Any  # splink publishes no common type of its levels


def comparisons(columns: Sequence[Column]) -> list[CustomComparison]:
    """The comparisons of a table with these columns, in the order of their names."""
    places = sorted((one for one in columns if one.place >= 0), key=lambda one: one.place)
    found = [_comparison(one, columns) for one in columns if one.place < 0]
    if places:
        found.append(_place(places))
    return found


def compared(columns: Sequence[Column]) -> dict[str, str]:
    """The name of the comparison in which each column stands, by column."""
    places = sorted((one for one in columns if one.place >= 0), key=lambda one: one.place)
    return {one.name: (one if one.place < 0 else places[0]).slug for one in columns}


def _comparison(column: Column, columns: Sequence[Column]) -> CustomComparison:
    missing: Level = levels.NullLevel(column.slug)
    others = _LEVELS.get(column.kind, _text)(column.slug)
    if column in (both_names(columns) or ()):
        swapped: Level = levels.ColumnsReversedLevel(
            column.slug, f"{column.slug}_turned", symmetrical=True
        )
        if column.kind == "given":
            others.insert(0, swapped.configure(label_for_charts="swapped"))
        else:
            # The given name has said it; said twice, it would count twice.
            missing = levels.Or(missing, swapped).configure(is_null_level=True)
    return _custom(column, [missing, _exact(column.slug), *others])


def _place(places: Sequence[Column]) -> CustomComparison:
    """The finest scale at which two addresses agree."""
    missing = levels.And(*(levels.NullLevel(one.slug) for one in places))
    found: list[Level] = [missing.configure(is_null_level=True)]
    for one in places:
        found.append(_exact(one.slug, label=f"same {one.name}"))
        if one.kind != "category":
            near: Level = levels.JaroWinklerLevel(one.slug, 0.92)
            if one.kind == "postcode":
                near = levels.DamerauLevenshteinLevel(one.slug, 1)
            found.append(near.configure(label_for_charts=f"similar {one.name}"))
    return _custom(places[0], found)


def _custom(column: Column, found: list[Level]) -> CustomComparison:
    return CustomComparison(
        output_column_name=column.slug,
        comparison_levels=[*found, levels.ElseLevel().configure(label_for_charts="different")],
    )


def _exact(slug: str, label: str = "same") -> Level:
    level = levels.ExactMatchLevel(slug)
    return level.configure(
        tf_adjustment_column=slug, label_for_charts=label, disable_tf_exact_match_detection=True
    )


def _similar(level: Level) -> Level:
    return level.configure(label_for_charts="similar")


def _resembling(level: Level) -> Level:
    return level.configure(label_for_charts="resembling")


def _name(slug: str) -> list[Level]:
    return [
        _similar(levels.JaroWinklerLevel(slug, 0.92)),
        _resembling(levels.JaroWinklerLevel(slug, 0.8)),
    ]


def _text(slug: str) -> list[Level]:
    return [
        _similar(levels.JaroWinklerLevel(slug, 0.92)),
        _resembling(levels.JaroWinklerLevel(slug, 0.8)),
    ]


def _date(slug: str) -> list[Level]:
    year, month, day = (levels.ExactMatchLevel(f"{slug}_{part}") for part in _DATE)
    two_parts = levels.Or(levels.And(year, month), levels.And(year, day), levels.And(month, day))
    one_digit = levels.DamerauLevenshteinLevel(slug, 1)
    return [
        _similar(one_digit),
        _resembling(two_parts),
        levels.ExactMatchLevel(f"{slug}_year").configure(label_for_charts="same year"),
    ]


def _email(slug: str) -> list[Level]:
    return [
        # Counting edits of texts this long takes ten times as long.
        _similar(levels.JaroWinklerLevel(slug, 0.95)),
        levels.ExactMatchLevel(f"{slug}_user").configure(label_for_charts="same user"),
        _resembling(levels.JaroWinklerLevel(slug, 0.88)),
    ]


def _digits(slug: str) -> list[Level]:
    return [
        _similar(levels.DamerauLevenshteinLevel(slug, 1)),
        _resembling(levels.DamerauLevenshteinLevel(slug, 2)),
    ]


def _category(slug: str) -> list[Level]:  # noqa: ARG001 - called as the others are
    return []


_DATE = ("year", "month", "day")
_LEVELS: Mapping[Kind, Callable[[str], list[Level]]] = {
    "given": _name,
    "family": _name,
    "date": _date,
    "email": _email,
    "phone": _digits,
    "code": _digits,
    "category": _category,
}
