# ruff: noqa: E501 - the rows of a table stay whole

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.graph.chain import chain
from pipeline.graph.edges import DAY_US, edges
from pipeline.graph.network import build
from pipeline.graph.nodes import GRAPH_NODES
from pipeline.graph.tables import tables
from tests.tables import table

# ada's company: half of those who look buy, one in five buyers looks again, nobody skips Buy.
STAGES = table("""
    stage    | position
    Discover | 1
    Buy      | 2
    Renew    | 3
""")
SIMPLE = table("""
    from_stage | to_stage    | transition_count | customer_count | settled_count | share | wait_hours_p50
    (start)    | Discover    | 100              | 100            | 100           | 1.0   |
    Discover   | Buy         | 55               | 50             | 55            | 0.5   | 24
    Discover   | (ended)     | 55               | 55             | 55            | 0.5   |
    Discover   | (open)      | 5                | 5              | 0             |       |
    Buy        | Discover    | 10               | 10             | 10            | 0.2   | 48
    Buy        | Renew       | 40               | 40             | 40            | 0.8   | 72
    Renew      | (completed) | 30               | 30             | 30            | 0.75  |
    Renew      | (ended)     | 10               | 10             | 10            | 0.25  |
""")
EMPTY_TOUCHPOINTS = pl.DataFrame(
    schema={
        "touchpoint": pl.String,
        "stage": pl.String,
        "position": pl.Int32,
        "stage_position": pl.Int32,
        "outcome": pl.String,
    }
)
DROP_OFFS = table("""
    grain      | name     | stage    | settled_count | settled_ended_count | drop_off_share | share_low | share_high
    stage      | Discover | Discover | 110           | 55                  | 0.5            | 0.408     | 0.592
    stage      | Renew    | Renew    | 40            | 10                  | 0.25           | 0.142     | 0.402
    stage      | Buy      | Buy      | 50            | 0                   | 0.0            | 0.0       | 0.071
""")


CHANGES = table("""
    touchpoint    | channel | device_kind | baseline_share | z   | rank
    Compare plans | web     | mobile      | 0.2            | 9.5 | 1
    View bill     | web     |             | 0.1            | 2.5 | 2
    Visit site    | web     | desktop     | 0.1            | 0.5 |
""")
SPANS = table("""
    rank | touchpoint    | from_on    | to_on      | settled_count | ended_count | share
    1    | Compare plans | 2026-02-03 | 2026-02-12 | 100           | 80          | 0.8
""")
MEASURES = table("""
    touchpoint | event_count | customer_count | first_met_at        | last_met_at
    View bill  | 970         | 300            | 2026-01-02 08:00:00 | 2026-04-30 20:00:00
""")
KINDS = table("""
    source | kind            | event_count | suggestion
    shop   | page_viewed     | 30          | add `page_viewed` to the events of a touchpoint
    crm    | contact_created | 900         | a record about a customer, no meeting: may stay unmapped
""")


def frames(
    transitions: pl.DataFrame = SIMPLE, days: dict[tuple[str, str], float] | None = None
) -> dict[str, pl.DataFrame]:
    """What `tables` reads, with these stage transitions and no touchpoints."""
    filled = transitions.with_columns(
        share_low=pl.col("share"), share_high=pl.col("share"), uncertain_share=pl.lit(0.0)
    )
    steps = chain_steps("stage", filled)
    if days is not None:
        steps = steps.with_columns(
            spent_us=pl.struct("from_name", "to_name", "settled_count").map_elements(
                lambda row: round(
                    days.get((row["from_name"], row["to_name"]), 0) * DAY_US * row["settled_count"]
                ),
                return_dtype=pl.Int64,
            )
        )
    return {
        "chain_steps": steps,
        "parameters": pl.DataFrame({"as_of_us": [1]}),
        "stage_transitions": filled,
        "touchpoint_transitions": filled.clear().rename(
            {"from_stage": "from_touchpoint", "to_stage": "to_touchpoint"}
        ),
        "stages": STAGES,
        "touchpoints": EMPTY_TOUCHPOINTS,
        "drop_offs": DROP_OFFS,
        "drop_off_changes": CHANGES,
        "drop_off_spans": SPANS,
        "touchpoint_measures": MEASURES,
        "unmapped_kinds": KINDS,
    }


def chain_steps(grain: str, lines: pl.DataFrame) -> pl.DataFrame:
    """The transitions as one group's steps that remember nothing before."""
    return lines.select(
        grain=pl.lit(grain),
        customer_group=pl.lit("00"),
        before_2=pl.lit(None, dtype=pl.String),
        before_1=pl.lit(None, dtype=pl.String),
        from_name=f"from_{grain}",
        to_name=f"to_{grain}",
        transition_count="transition_count",
        settled_count="settled_count",
        spent_us=(
            pl.col("wait_hours_p50").fill_null(0) * 3_600_000_000 * pl.col("settled_count")
        ).cast(pl.Int64),
        value_cents=pl.lit(0, dtype=pl.Int64),
    )


def node(name: str, given: dict[str, pl.DataFrame] | None = None) -> dict[str, object]:
    """One row of graph_nodes."""
    drawn = tables(given or frames())["graph_nodes"]
    return drawn.filter(pl.col("name") == name).row(0, named=True)


def transitions(shares: dict[tuple[str, str], float]) -> pl.DataFrame:
    """Stage transitions with these shares."""
    return pl.DataFrame(
        [
            {
                "from_stage": tail,
                "to_stage": head,
                "transition_count": round(1000 * share) or 1,
                "customer_count": 1,
                "settled_count": round(1000 * share),
                "share": share,
                "wait_hours_p50": 24.0,
            }
            for (tail, head), share in shares.items()
        ]
    )


def test_absorption_is_solved_by_hand() -> None:
    """From Discover x = 0.5 y, from Buy y = 0.2 x + 0.8 * 0.75: x = 1/3 and y = 2/3."""
    assert node("Discover")["absorption_completed"] == pytest.approx(1 / 3)
    assert node("Buy")["absorption_completed"] == pytest.approx(2 / 3)
    assert node("Renew")["absorption_completed"] == pytest.approx(3 / 4)


def test_loop_share_is_the_chance_to_come_back() -> None:
    """Discover is seen again by the half that buys and the fifth of it that looks again."""
    assert node("Discover")["loop_share"] == pytest.approx(0.5 * 0.2)
    assert node("Renew")["loop_share"] == pytest.approx(0)


def test_expected_way_is_that_of_journeys_that_complete() -> None:
    """Of those who complete from Buy, nine in ten go straight on and one looks again first."""
    back = 0.2 * (1 / 3) / (2 / 3)

    from_buy = node("Buy")["expected_steps"]

    assert from_buy == pytest.approx((1 - back) * 1 + back * (2 + from_buy))
    assert node("Discover")["expected_steps"] == pytest.approx(1 + from_buy)
    assert node("Renew")["expected_steps"] == pytest.approx(0)


def test_expected_days_add_mean_days_up() -> None:
    """A day to Buy, two back and three on, and nine in Renew: means of edges add up on the way."""
    given_frames = frames(
        days={
            ("Discover", "Buy"): 1.0,
            ("Buy", "Discover"): 2.0,
            ("Buy", "Renew"): 3.0,
            ("Renew", "(completed)"): 9.0,
            ("Renew", "(ended)"): 99.0,
        }
    )
    back = 0.1

    from_buy = node("Buy", given_frames)["expected_days"]

    assert from_buy == pytest.approx((1 - back) * (3 + 9) + back * (2 + 1 + from_buy))
    assert node("Discover", given_frames)["expected_days"] == pytest.approx(1 + from_buy)
    assert node("Renew", given_frames)["expected_days"] == pytest.approx(9.0)


def test_must_pass_and_removal_effect_agree() -> None:
    """What every completion passes is must-pass, and without it nothing completes."""
    around = transitions(
        {
            ("(start)", "Discover"): 1.0,
            ("Discover", "Buy"): 0.6,
            ("Discover", "Renew"): 0.4,
            ("Buy", "Renew"): 0.5,
            ("Buy", "(ended)"): 0.5,
            ("Renew", "(completed)"): 1.0,
        }
    )

    assert [
        node(name, frames(around))["is_must_pass"] for name in ("Discover", "Buy", "Renew")
    ] == [
        True,
        False,
        True,
    ]
    assert node("Renew", frames(around))["removal_effect"] == pytest.approx(1)
    # Of 0.4 + 0.3 completions, 0.3 go by Buy.
    assert node("Buy", frames(around))["removal_effect"] == pytest.approx(0.3 / 0.7)


def test_removal_effect_is_what_redirecting_loses() -> None:
    """Sending everybody who comes to Buy to the end loses the same share of completions."""
    ways = {
        ("(start)", "Discover"): 1.0,
        ("Discover", "Buy"): 0.6,
        ("Discover", "Renew"): 0.4,
        ("Buy", "Discover"): 0.3,
        ("Buy", "Renew"): 0.7,
        ("Renew", "(completed)"): 0.5,
        ("Renew", "Buy"): 0.1,
        ("Renew", "(ended)"): 0.4,
    }
    cut = {way: share for way, share in ways.items() if way[0] != "Buy"} | {("Buy", "(ended)"): 1.0}

    before, after = (
        chain(build(edges("stage", frames(transitions(one))))).completed[0] for one in (ways, cut)
    )

    lost = node("Buy", frames(transitions(ways)))["removal_effect"]
    assert lost == pytest.approx(1 - after / before)


def test_a_circle_without_an_end_never_completes() -> None:
    """Two stages that only lead to each other: chance 0, no way, and the others stay solvable."""
    circle = transitions(
        {
            ("(start)", "Discover"): 1.0,
            ("Discover", "Buy"): 0.3,
            ("Buy", "Renew"): 1.0,
            ("Renew", "Buy"): 1.0,
            ("Discover", "(completed)"): 0.7,
        }
    )

    assert node("Buy", frames(circle))["absorption_completed"] == 0
    assert node("Buy", frames(circle))["expected_steps"] is None
    assert node("Discover", frames(circle))["absorption_completed"] == pytest.approx(0.7)
    assert node("Discover", frames(circle))["is_must_pass"]


def test_nothing_completed_yet_is_no_error() -> None:
    """Open journeys alone: no path, nothing must be passed, chance 0."""
    fresh = transitions({("(start)", "Discover"): 1.0, ("Discover", "(open)"): 0.0}).with_columns(
        share=pl.when(pl.col("to_stage") == "(open)").then(None).otherwise(pl.col("share"))
    )

    drawn = tables(frames(fresh))

    assert drawn["graph_paths"].is_empty()
    assert drawn["graph_nodes"].select("name", "is_must_pass", "absorption_completed").rows() == [
        ("Discover", False, 0.0)
    ]


def test_no_journeys_at_all_give_empty_tables() -> None:
    """The columns stand, without a row."""
    drawn = tables(frames(SIMPLE.clear()))

    assert drawn["graph_nodes"].is_empty()
    assert drawn["graph_nodes"].schema == GRAPH_NODES


shares = st.lists(st.integers(0, 9), min_size=7, max_size=7).filter(lambda row: sum(row) > 0)


@settings(max_examples=40)
@given(st.lists(shares, min_size=5, max_size=5), st.integers(0, 2**32 - 1))
def test_absorption_agrees_with_walking_the_chain(rows: list[list[int]], seed: int) -> None:
    """Of random walks over any five stages, the share that completes is the solved one."""
    names = ["a", "b", "c", "d", "e"]
    heads = [*names, "(completed)", "(ended)"]
    matrix = np.array(rows, dtype=float)
    matrix /= matrix.sum(axis=1, keepdims=True)
    given_shares = {("(start)", "a"): 1.0} | {
        (tail, head): matrix[i, j]
        for i, tail in enumerate(names)
        for j, head in enumerate(heads)
        if matrix[i, j] > 0
    }
    walked = chain(build(edges("stage", frames(transitions(given_shares)))))

    # Brute force: the chance to be in each state after many steps, and then some walks.
    power = np.zeros((7, 7))
    power[:5] = matrix
    power[5, 5] = power[6, 6] = 1
    solved = dict(zip(walked.names, walked.completed, strict=True))
    reached = np.linalg.matrix_power(power, 100_000)[:5, 5]
    assert [solved.get(name, 0.0) for name in names] == pytest.approx(reached, abs=1e-6)
    rng = np.random.default_rng(seed)
    at = np.zeros(2_000, dtype=int)
    bounds = power.cumsum(axis=1)
    for _ in range(400):
        at = (rng.random(2_000)[:, None] > bounds[at]).sum(axis=1).clip(max=6)
    if np.isin(at, (5, 6)).all():
        assert (at == 5).mean() == pytest.approx(solved.get("a", 0.0), abs=0.06)


@given(st.permutations(range(SIMPLE.height)))
@settings(max_examples=20)
def test_the_order_of_transitions_changes_nothing(order: list[int]) -> None:
    """Shuffled rows draw the same graph to the last bit."""
    straight, shuffled = tables(frames()), tables(frames(SIMPLE[order]))

    for name, frame in straight.items():
        assert_frame_equal(frame, shuffled[name], check_exact=True)


def test_the_likeliest_path_multiplies_to_most() -> None:
    """A long way of likely steps before a short way of an unlikely one."""
    two_ways = transitions(
        {
            ("(start)", "Discover"): 1.0,
            ("Discover", "Buy"): 0.9,
            ("Discover", "(completed)"): 0.1,
            ("Buy", "Renew"): 0.5,
            ("Buy", "(ended)"): 0.5,
            ("Renew", "(completed)"): 1.0,
        }
    )

    path = tables(frames(two_ways))["graph_paths"]

    assert path.select("step", "name").rows() == [
        (1, "Discover"),
        (2, "Buy"),
        (3, "Renew"),
        (4, "(completed)"),
    ]
    assert path["path_share"].to_list() == pytest.approx([1, 0.9, 0.45, 0.45])


def test_edges_say_which_way_they_lead() -> None:
    """Back is to an earlier stage; ends and starts are neither back nor loop."""
    drawn = tables(frames())["graph_edges"]

    assert drawn.filter("is_back").select("from_name", "to_name").rows() == [("Buy", "Discover")]
    assert drawn.filter("is_loop").is_empty()
    assert drawn.height == SIMPLE.height


def test_loops_are_counted_there_and_back() -> None:
    """The rarer direction is how often the whole loop can have been walked."""
    touched = table("""
        from_touchpoint | to_touchpoint | transition_count | customer_count | settled_count | share | wait_hours_p50
        (start)         | View bill     | 50               | 50             | 50            | 1.0   |
        View bill       | View bill     | 30               | 9              | 30            | 0.3   | 1
        View bill       | Support chat  | 20               | 9              | 20            | 0.2   | 1
        Support chat    | View bill     | 12               | 9              | 12            | 0.6   | 1
        View bill       | (ended)       | 50               | 50             | 50            | 0.5   |
        Support chat    | (ended)       | 8                | 8              | 8             | 0.4   |
    """)
    given_frames = frames() | {
        "touchpoint_transitions": touched.with_columns(
            share_low=pl.col("share"), share_high=pl.col("share"), uncertain_share=pl.lit(0.0)
        )
    }

    found = tables(given_frames)["graph_loops"].filter(pl.col("grain") == "touchpoint")

    assert found.select("name", "other_name", "loop_count").rows() == [
        ("View bill", "View bill", 30),
        ("Support chat", "View bill", 12),
    ]


def test_drop_off_points_rank_by_ended_and_weigh_what_was_lost() -> None:
    """55 ended in Discover; had they gone on like the others, two thirds would have completed."""
    found = tables(frames())["drop_off_points"]

    assert found.select("rank", "name").rows() == [(1, "Discover"), (2, "Renew")]
    assert found["completions_lost"].to_list() == pytest.approx([55 * (1 / 3) / 0.5, 10.0])


def test_drop_off_points_leave_decisions_out() -> None:
    """A touchpoint that is an outcome ends a journey by its nature."""
    given_frames = frames() | {
        "touchpoints": table("""
            touchpoint | stage | position | stage_position | outcome
            Cancelled  | Renew | 1        | 3              | ends
            View bill  | Renew | 2        | 3              |
        """),
        "drop_offs": table("""
            grain      | name      | stage | settled_count | settled_ended_count | drop_off_share | share_low | share_high
            touchpoint | Cancelled | Renew | 90            | 90                  | 1.0            | 0.9       | 1.0
            touchpoint | View bill | Renew | 90            | 9                   | 0.1            | 0.05      | 0.2
        """),
    }

    assert tables(given_frames)["drop_off_points"]["name"].to_list() == ["View bill"]


def found(**changed: pl.DataFrame) -> list[str]:
    """The findings of a small run, with some tables changed."""
    return tables(frames() | changed)["findings"]["finding"].to_list()


def test_findings_are_three_sentences_with_numbers() -> None:
    """The largest loss with its interval, the new loss with its dates, the likeliest way."""
    assert found() == [
        (
            "Most journeys that stop, stop in Discover: 55 of 110 settled visits, 50% "
            "(40.8% to 59.2%)."
        ),
        (
            "Drop-off rose after Compare plans (web, mobile) from 3 Feb 2026 to 12 Feb 2026: 80 of 100 "
            "journeys stopped there, 80%; in other weeks 20% do."
        ),
        (
            "The likeliest way to the goal is Discover > Buy > Renew; by the shares of its steps "
            "30.0% of journeys go exactly that way."
        ),
    ]


def test_findings_do_not_call_chance_news() -> None:
    """A z that one of many compared weeks reaches by luck is no finding."""
    weak = CHANGES.with_columns(z=pl.lit(2.6))

    assert found(drop_off_changes=weak)[1] == (
        "No drop-off rose: none of 3 weekly shares stands out from the others."
    )


def test_findings_name_a_touchpoint_that_is_new() -> None:
    """An error page that comes up in the middle of a log is news, whether or not journeys end."""
    met = table("""
        touchpoint    | event_count | customer_count | first_met_at        | last_met_at
        View bill     | 900         | 300            | 2026-01-02 08:00:00 | 2026-04-30 20:00:00
        Payment error | 60          | 30             | 2026-02-01 08:00:01 | 2026-02-20 10:00:00
        Rare page     | 40          | 29             | 2026-03-01 08:00:00 | 2026-03-02 10:00:00
    """)
    weak = CHANGES.with_columns(z=pl.lit(2.6))

    assert found(drop_off_changes=weak, touchpoint_measures=met)[1] == (
        "No drop-off rose: none of 3 weekly shares stands out from the others; but Payment error "
        "is new: 30 customers met it, first on 1 Feb 2026 and last on 20 Feb 2026."
    )
    earlier = met.with_columns(first_met_at=pl.col("first_met_at").dt.truncate("1d"))
    assert "Payment error" not in found(drop_off_changes=weak, touchpoint_measures=earlier)[1]


def test_findings_name_what_the_catalogue_misses() -> None:
    """When a fifth of what people did is unmapped, that comes before the likeliest way."""
    much = MEASURES.with_columns(event_count=pl.lit(120))

    assert found(touchpoint_measures=much)[2] == (
        "20% of what people did matches no touchpoint; most often page_viewed of shop (30 events)."
    )


def test_findings_of_nothing_say_so() -> None:
    """A first night with everything open."""
    assert found(
        drop_offs=DROP_OFFS.clear(),
        drop_off_changes=CHANGES.clear(),
        stage_transitions=frames()["stage_transitions"].clear(),
    ) == [
        "No stage has 30 settled visits of which any ended: drop-off is not known yet.",
        "No drop-off rose: none of 0 weekly shares stands out from the others.",
        "No settled journey has completed yet: no way to the goal is known.",
    ]
