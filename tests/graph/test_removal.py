import polars as pl
import pytest

from pipeline.graph import bootstrap
from pipeline.graph.counts import groups
from pipeline.graph.edges import COMPLETED, ENDED, OPEN
from pipeline.graph.orders import CHAIN_ORDERS, chain_orders
from pipeline.graph.removal import REMOVAL_EFFECTS, removal_effects
from tests.graph.journeys import Journey, chain_steps

TOUCHPOINTS = pl.DataFrame(
    {"touchpoint": ["Ad", "Site", "Order"], "outcome": [None, None, "completes"]},
    schema={"touchpoint": pl.String, "outcome": pl.String},
)


def effects(steps: pl.DataFrame) -> pl.DataFrame:
    """The table over the steps, with its draws."""
    orders = pl.concat(
        [CHAIN_ORDERS.to_frame(), *(chain_orders(steps, one) for one in steps["grain"].unique())]
    )
    return removal_effects(steps, TOUCHPOINTS, orders, bootstrap.weights(len(groups(steps)), 1))


def test_credit_is_solved_by_hand() -> None:
    """Half of the completions come by chat: web loses all, chat half, so credit is two to one."""
    steps = chain_steps(
        [
            *[Journey("00", ["web"], COMPLETED, 1_000)] * 3,
            *[Journey("00", ["chat", "web"], COMPLETED, 2_000)] * 3,
            *[Journey("00", ["web"], ENDED)] * 3,
            *[Journey("00", ["chat", "web"], ENDED)] * 3,
            Journey("00", ["web"], OPEN),
        ],
        "channel",
    ).with_columns(grain=pl.lit("channel"))

    found = effects(steps).filter(pl.col("chain_order") == 1).rows_by_key("name", named=True)

    # Seven of thirteen begin with web; without chat those alone can complete.
    chat, web = found["chat"][0], found["web"][0]
    assert chat["removal_effect"] == pytest.approx(6 / 13)
    assert web["removal_effect"] == pytest.approx(1)
    assert chat["credit_share"] == pytest.approx((6 / 13) / (19 / 13))
    assert chat["credited_completions"] + web["credited_completions"] == pytest.approx(6)
    assert chat["credited_value_cents"] + web["credited_value_cents"] == 9_000


def test_journeys_that_did_not_complete_count() -> None:
    """The same completions, but whoever met chat mostly ended: chat loses less than by paths."""
    with_ends = [
        *[Journey("00", ["web"], COMPLETED)] * 5,
        *[Journey("00", ["chat"], COMPLETED)] * 5,
        *[Journey("00", ["chat"], ENDED)] * 90,
    ]

    found = effects(chain_steps(with_ends, "channel")).filter(pl.col("chain_order") == 1)

    assert found["removal_effect"].to_list() == pytest.approx([0.5, 0.5])
    # One in ten who come by chat complete; a chain without the ninety would say all do.
    twice = effects(
        chain_steps([*with_ends, *[Journey("00", ["web", "chat"], ENDED)] * 10], "channel")
    ).filter(pl.col("chain_order") == 1, pl.col("name") == "chat")
    assert twice["removal_effect"].item() < 0.6


def test_the_deciding_touchpoint_has_no_credit() -> None:
    """Every completion passes the order, which is the goal itself."""
    steps = chain_steps(
        [
            *[Journey("00", ["Ad", "Site", "Order"], COMPLETED, 100)] * 2,
            Journey("00", ["Order"], COMPLETED, 900),
            Journey("00", ["Site"], ENDED),
        ],
        "touchpoint",
    )

    found = effects(steps).filter(pl.col("chain_order") == 1)

    assert found["name"].to_list() == ["Ad", "Site"]
    # The order that nothing came before is nobody's.
    assert found["credited_completions"].sum() == pytest.approx(2)
    assert found["credited_value_cents"].sum() == 200


def test_every_order_is_given_and_one_is_chosen() -> None:
    """Three orders for each grain and name; the chosen one is that of chain_orders."""
    steps = pl.concat(
        chain_steps([Journey("00", ["Site"], COMPLETED), Journey("00", ["Site"], ENDED)], grain)
        for grain in ("stage", "touchpoint", "channel")
    )

    found = effects(steps)

    assert found.group_by("grain", "name").len()["len"].to_list() == [3, 3, 3]
    assert found.filter("is_chosen")["chain_order"].to_list() == [1, 1, 1]


def test_nothing_completed_is_nothing_lost() -> None:
    """Without a completion there is no effect and no credit."""
    found = effects(chain_steps([Journey("00", ["Site"], ENDED)]))

    assert found["removal_effect"].null_count() == found.height == 3
    assert found["credited_completions"].null_count() == 3


def test_no_steps_give_no_row() -> None:
    """The columns stand."""
    assert effects(chain_steps([])).schema == REMOVAL_EFFECTS


def test_a_chain_of_many_states_has_effects_but_no_interval() -> None:
    """More than two hundred pasts of two names, as many customers."""
    journeys = [
        Journey(f"{number:03}", [f"n{number % 18:02}", f"n{number // 18:02}"], COMPLETED)
        for number in range(310)
    ]

    found = effects(chain_steps(journeys))

    short, long = (found.filter(pl.col("chain_order") == order) for order in (1, 2))
    assert short["removal_low"].null_count() == 0
    assert long["removal_low"].null_count() == long.height
    assert long["removal_effect"].null_count() == 0
