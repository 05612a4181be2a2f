"""Values that several people share: too many met in all, or within too short a time.

Persons are counted, not rows: strong identifiers that were declared merged count once, and
those of different namespaces are never added up.
"""

from collections.abc import Sequence

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.identity import given_links
from pipeline.identity.components import Flags, Numbers
from pipeline.identity.crowds import crowd_sightings
from pipeline.identity.hashes import distinct
from pipeline.identity.meetings import Meetings
from pipeline.identity.tables import given, read_sql


def reasons(  # noqa: PLR0913 - one array for each thing that counts
    con: duckdb.DuckDBPyConnection,
    rules: pl.DataFrame,
    met: Meetings,
    *,
    namespace: Numbers,
    person: Numbers,
    is_strong: Flags,
    is_blocked: Flags,
) -> dict[int, str]:
    """Why identifiers are shared, by number: `seen with 4 different user_id values`.

    Args:
        con: Holds the tables of `met` and, if there are limits in time, numbered_identifiers.
        rules: The policy of each namespace, by number.
        met: What was seen together.
        namespace: The number of each identifier's namespace.
        person: The person each one stands for.
        is_strong: Which of them tell people apart.
        is_blocked: Which of them name nobody.
    """
    most = rules["max_strong"].to_numpy()
    limit = rules["limit_count"].to_numpy()
    least = np.where(limit > 0, np.minimum(limit, most), most)
    together = [crowd_sightings(met, is_strong=is_strong, is_blocked=is_blocked)]
    for pair in met.pairs:
        left, right = given_links.ends(pair)
        together += [(left, right), (right, left)]
    one, kind, count = _fan_out(
        together,
        # Both as one number: the ends of links lie far apart.
        standing=is_strong + 2 * is_blocked.astype(np.uint8),
        person=person,
        namespace=namespace,
        limit=least[namespace],
    )
    names = rules["namespace"]
    is_over = count > most[namespace[one]]
    found = _said(one[is_over], kind[is_over], count[is_over], names)
    near = [number for number in one[~is_over].tolist() if number not in found]
    if not near:
        return found
    windowed = pl.DataFrame({"identifier_number": sorted(set(near))})
    with given(con, windowed_identifiers=windowed):
        sightings = con.sql(read_sql("windowed_sightings")).fetchnumpy()
    one, strong = sightings["identifier_number"], sightings["strong_number"]
    own = namespace[one]
    most_at_once = _most_at_once(
        one,
        namespace[strong],
        person[strong],
        sightings["at_us"],
        span_us=rules["limit_us"].to_numpy()[own],
    )
    days = rules["limit_us"].to_numpy() / 86_400_000_000
    beyond = [
        (persons, -of, number)
        for (number, of), persons in most_at_once.items()
        if persons > limit[namespace[number]]
    ]
    # The largest is written last, and of equals the namespace first by name.
    for persons, of, number in sorted(beyond):
        span = f"{days[namespace[number]]:g}"
        within = f"within {span} day{'s' if span != '1' else ''}"
        found[number] = f"seen with {persons} different {names[-of]} values {within}"
    return found


def _said(
    one: Numbers, kind: Numbers, count: NDArray[np.int64], names: pl.Series
) -> dict[int, str]:
    """The reason of each value over its limit, for the namespace that it met most of."""
    # The largest is written last, and of equals the namespace first by name.
    order = np.lexsort((-kind, count))
    return {
        number: f"seen with {times} different {names[of]} values"
        for number, of, times in zip(
            one[order].tolist(), kind[order].tolist(), count[order].tolist(), strict=True
        )
    }


def _fan_out(
    met: Sequence[tuple[Numbers, Numbers]],
    *,
    standing: NDArray[np.uint8],
    person: Numbers,
    namespace: Numbers,
    limit: Numbers,
) -> tuple[Numbers, Numbers, NDArray[np.int64]]:
    """How many persons of one strong namespace each value over its limit was seen with.

    Args:
        met: Identifiers, and others that they were seen with; a pair may come twice.
        standing: 1 where one tells people apart, 2 or more where it names nobody.
        person: The person each one stands for.
        namespace: The number of each one's namespace.
        limit: How many each may meet.

    Returns:
        The value, the namespace's number and the count; one each for a value and a namespace of
        which it met more than the limit.
    """
    # A plain count of meetings is never below the fan-out and clears nearly everybody.
    times = np.zeros(len(limit), dtype=np.int32)
    for value, other in met:
        np.add.at(times, value[_counts(standing, value, other)], np.int32(1))
    is_suspect = times > limit
    suspect = []
    for value, other in met:
        chosen = np.flatnonzero(is_suspect[value])
        one, strong = value[chosen], other[chosen]
        counts = _counts(standing, one, strong)
        suspect.append(one[counts].astype(np.int64) << 32 | person[strong[counts]])
    seen = distinct(np.concatenate(suspect))
    value, strong = (seen >> 32).astype(np.int32), (seen & 0xFFFFFFFF).astype(np.int32)
    by_namespace, count = np.unique(
        value.astype(np.int64) << 32 | namespace[strong], return_counts=True
    )
    value = (by_namespace >> 32).astype(np.int32)
    kind = (by_namespace & 0xFFFFFFFF).astype(np.int32)
    over = count > limit[value]
    return value[over], kind[over], count[over]


def _counts(standing: NDArray[np.uint8], value: Numbers, other: Numbers) -> Flags:
    """Where the other one tells people apart, and the value may name somebody."""
    counts: Flags = (standing[other] == 1) & (standing[value] < 2)
    return counts


def _most_at_once(
    one: Numbers,
    kind: Numbers,
    person: Numbers,
    at_us: NDArray[np.int64],
    *,
    span_us: NDArray[np.int64],
) -> dict[tuple[int, int], int]:
    """The most persons of one namespace that each value met within its span, ends included."""
    order = np.lexsort((person, at_us, kind, one))
    rows = [column[order].tolist() for column in (one, kind, person, at_us, span_us)]
    most: dict[tuple[int, int], int] = {}
    held: dict[int, int] = {}
    first, current = 0, (-1, -1)
    for place, (number, of, who, at, span) in enumerate(zip(*rows, strict=True)):
        if current != (number, of):
            first, current, held = place, (number, of), {}
        held[who] = held.get(who, 0) + 1
        while rows[3][first] < at - span:
            gone = rows[2][first]
            held[gone] -= 1
            if not held[gone]:
                del held[gone]
            first += 1
        most[current] = max(most.get(current, 0), len(held))
    return most
