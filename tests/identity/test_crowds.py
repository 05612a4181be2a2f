"""Events that name more than two identifiers."""

import numpy as np
import polars as pl
import pytest

from pipeline.identity import crowds
from pipeline.identity.components import Flags
from pipeline.identity.crowds import crowd_links, crowd_sightings
from pipeline.identity.meetings import Meetings
from pipeline.landing.schema import INSTANT

# Three crowds: two of the same identifiers, and one of which the strongest names nobody.
MEMBERS = [[0, 2, 3], [0, 2, 3], [1, 2, 4, 5]]


def met() -> Meetings:
    """The crowds of MEMBERS, a second apart; the second is a log-in."""
    return Meetings(
        pairs=[],
        crowds=pl.DataFrame(
            {
                "crowd_number": range(3),
                "occurred_at": pl.Series([1, 2, 3]).cast(INSTANT),
                "source_number": [1, 1, 2],
                "is_merge": [False] * 3,
                "is_authenticated": [False, True, False],
            },
            schema_overrides={"source_number": pl.Int32, "crowd_number": pl.Int32},
        ),
        crowd_members=pl.DataFrame(
            [(crowd, one) for crowd, members in enumerate(MEMBERS) for one in members],
            schema={"crowd_number": pl.Int32, "identifier_number": pl.Int32},
            orient="row",
        ),
        meetings=pl.DataFrame(),
        repeat_count=np.zeros(6, dtype=np.int32),
    )


def flags(*numbers: int) -> Flags:
    """Six identifiers of which some are flagged."""
    return np.isin(np.arange(6), numbers)


def test_a_crowd_is_a_star_around_the_strongest_that_may_link() -> None:
    """One row for each source and flags; what names nobody or is shared is at no centre."""
    found = crowd_links(met(), is_blocked=flags(1), is_shared=flags(2))

    ends = found.select("left_number", "right_number", "source_number", "is_authenticated").rows()
    assert ends == [
        *((0, 2, 1, False), (0, 2, 1, True), (0, 3, 1, False), (0, 3, 1, True)),
        *((1, 4, 2, False), (2, 4, 2, False), (4, 5, 2, False)),
    ]


def test_where_none_of_a_crowd_may_link_its_strongest_is_the_centre() -> None:
    """As good as any other."""
    found = crowd_links(met(), is_blocked=flags(0, 1, 2, 3, 4, 5), is_shared=flags())

    assert set(found.select("left_number", "right_number").rows()) == {
        *((0, 2), (0, 3)),
        *((1, 2), (1, 4), (1, 5)),
    }


@pytest.mark.parametrize("pairs", [1, 5, 1000])
def test_whoever_met_a_strong_one_is_told_once(pairs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many crowds are looked at together."""
    monkeypatch.setattr(crowds, "PAIRS", pairs)

    one, strong = crowd_sightings(met(), is_strong=flags(0, 1, 2), is_blocked=flags(1))

    assert list(zip(one.tolist(), strong.tolist(), strict=True)) == [
        *((0, 2), (2, 0), (3, 0), (3, 2)),
        *((4, 2), (5, 2)),
    ]
