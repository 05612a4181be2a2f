from collections.abc import Callable

import polars as pl
from polars.testing import assert_frame_equal

from tests.tables import table

HEAD = "customer_id | journey_number | position | occurred_at | touchpoint | stage | stage_position"
STATUS = table("""
    customer_id | journey_number | status
    ada         | 1              | open
    bob         | 1              | ended
""")


def test_the_next_touchpoint_decides_the_exit(run_model: Callable[..., pl.DataFrame]) -> None:
    """Further along or in the same stage is advanced, back is diverted, the last one ends."""
    visits = run_model(
        "touchpoint_visits",
        journeys=STATUS,
        journey_events=table(f"""
            {HEAD}
            ada | 1 | 1 | 2026-01-01 00:00:00 | Visit site   | Discover | 1
            ada | 1 | 2 | 2026-01-01 02:00:00 | Read pricing | Discover | 1
            ada | 1 | 3 | 2026-01-02 00:00:00 | Order placed | Buy      | 3
            ada | 1 | 4 | 2026-01-03 00:00:00 | Visit site   | Discover | 1
            bob | 1 | 1 | 2026-01-01 00:00:00 | Visit site   | Discover | 1
        """),
    )

    expected = table("""
        customer_id | position | is_entry | next_touchpoint | wait_us     | exit     | is_leave
        ada         | 1        | true     | Read pricing    | 7200000000  | advanced | false
        ada         | 2        | false    | Order placed    | 79200000000 | advanced | true
        ada         | 3        | true     | Visit site      | 86400000000 | diverted | true
        ada         | 4        | true     |                 |             | open     | true
        bob         | 1        | true     |                 |             | ended    | true
    """)
    assert_frame_equal(visits.select(expected.columns).sort("customer_id", "position"), expected)


def test_touchpoints_off_the_way_are_passed_over(run_model: Callable[..., pl.DataFrame]) -> None:
    """A survey without a stage neither ends a stage visit nor stands between two touchpoints."""
    visits = run_model(
        "touchpoint_visits",
        journeys=STATUS,
        journey_events=table(f"""
            {HEAD}
            ada | 1 | 1 | 2026-01-01 00:00:00 | Visit site   | Discover | 1
            ada | 1 | 2 | 2026-01-02 00:00:00 | Survey       |          |
            ada | 1 | 3 | 2026-01-03 00:00:00 | Read pricing | Discover | 1
            ada |   | 4 | 2026-01-04 00:00:00 | Visit site   | Discover | 1
        """),
    )

    assert visits.sort("position")["position"].to_list() == [1, 3]
    assert visits.sort("position")["is_entry"].to_list() == [True, False]
    assert visits.sort("position")["next_touchpoint"].to_list() == ["Read pricing", None]


def test_a_visit_is_settled_once_the_dormancy_limit_has_passed(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Moved on or not, it counts only when whatever could follow has had its time."""
    visits = run_model(
        "touchpoint_visits",
        journeys=STATUS,
        parameters=table("""
            as_of               | dormancy_us
            2026-03-01 00:00:00 | 2592000000000
        """),
        journey_events=table(f"""
            {HEAD}
            ada | 1 | 1 | 2026-01-29 23:59:59.999999 | Visit site | Discover | 1
            ada | 1 | 2 | 2026-01-30 00:00:00.000000 | Visit site | Discover | 1
            ada | 1 | 3 | 2026-02-05 00:00:00.000000 | Visit site | Discover | 1
            bob | 1 | 1 | 2026-01-29 23:59:59.999999 | Visit site | Discover | 1
        """),
    )

    assert visits.sort("customer_id", "position")["is_settled"].to_list() == [
        True,
        False,
        False,
        True,
    ]


def test_a_journey_kept_open_off_the_way_settles_nothing(
    run_model: Callable[..., pl.DataFrame],
) -> None:
    """Ada was last on the way long ago, but her survey last week keeps her fate open."""
    visits = run_model(
        "touchpoint_visits",
        journeys=STATUS,
        journey_events=table(f"""
            {HEAD}
            ada | 1 | 1 | 2026-01-25 00:00:00 | Visit site | Discover | 1
            ada | 1 | 2 | 2026-02-22 00:00:00 | Survey     |          |
        """),
    )

    assert visits.select("exit", "is_settled").rows() == [("open", False)]
