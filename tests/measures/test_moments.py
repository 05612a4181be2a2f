"""Moments of truth and hygiene touchpoints, on small tables and on companies with planted ones."""
# ruff: noqa: E501 - the rows of a table stay whole

from collections.abc import Callable, Mapping

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.measures.moments import MOMENTS, judged, moments_of_truth
from pipeline.resources import sql_folder
from pipeline.simulate.plan import without_incident
from pipeline.warehouse import Model
from tests.measures.test_matched import spread
from tests.tables import table
from tests.walked import build_walked, walked

RunModel = Callable[..., pl.DataFrame]
POINTS = table("""
    touchpoint | stage | importance | position
    Help       | Use   | minor      | 1
""")


def met(mine: tuple[int, int], others: tuple[int, int]) -> pl.DataFrame:
    """Visits and completions of those who met Help, and of the others of its stage."""
    return pl.concat(
        [spread("early", "met", *mine), spread("early", "other", *others)]
    ).with_columns(touchpoint=pl.lit("Help"), open_count=0)


def felt(bad: tuple[int, int], good: tuple[int, int], neutral: tuple[int, int]) -> pl.DataFrame:
    """Visits and completions of visits to Help that went badly, well, and neither."""
    arms = {"bad": bad, "good": good, "neutral": neutral}
    return pl.concat(
        [spread("early", arm, *cells) for arm, cells in arms.items()]
    ).with_columns(touchpoint=pl.lit("Help"))  # fmt: skip


ALIKE = met((200, 100), (200, 100))
NOTHING = felt((0, 0), (0, 0), (200, 100))


def verdict(meetings: pl.DataFrame, experiences: pl.DataFrame) -> str:
    """What Help is."""
    return str(judged(POINTS, meetings, experiences)["verdict"].item())


def test_a_touchpoint_after_which_outcomes_differ_is_a_moment_of_truth() -> None:
    """For better or for worse."""
    assert verdict(met((200, 140), (200, 100)), NOTHING) == "moment of truth"
    assert verdict(met((200, 60), (200, 100)), NOTHING) == "moment of truth"


def test_one_after_which_they_do_not_is_none() -> None:
    """Nor is one with a difference that is sure and too small to be felt."""
    assert verdict(ALIKE, NOTHING) == "no difference seen"
    assert verdict(met((30_000, 15_900), (30_000, 15_000)), NOTHING) == "no difference seen"


def test_one_that_too_few_met_is_said_to_be() -> None:
    """Twenty-nine visits tell nothing."""
    assert verdict(met((29, 29), (200, 20)), NOTHING) == "too few to compare"
    assert verdict(ALIKE.clear(), NOTHING.clear()) == "too few to compare"


def test_hygiene_is_noticed_only_when_it_fails() -> None:
    """Bad visits lose journeys, good ones win none."""
    assert verdict(ALIKE, felt((200, 40), (200, 102), (400, 200))) == "hygiene"


@pytest.mark.parametrize(
    ("experiences", "why"),
    [
        (felt((200, 40), (200, 160), (400, 200)), "good ones win as many"),
        (felt((200, 98), (200, 102), (400, 200)), "bad ones lose none"),
        (felt((200, 160), (200, 100), (400, 200)), "bad ones win"),
        (felt((200, 40), (20, 10), (400, 200)), "too few good ones to tell"),
        (felt((29, 5), (200, 100), (400, 200)), "too few bad ones to tell"),
        (felt((60, 18), (60, 42), (60, 30)), "the loss is not surely more than the gain"),
    ],
)
def test_what_is_noticed_otherwise_is_no_hygiene(experiences: pl.DataFrame, why: str) -> None:
    """Both contrasts must be known, and the loss surely the larger."""
    assert verdict(ALIKE, experiences) == "no difference seen", why


def test_hygiene_says_why_outcomes_differ_after_a_touchpoint() -> None:
    """Where both hold, it is the failures that make the difference."""
    lower = met((200, 60), (200, 100))

    assert verdict(lower, felt((200, 40), (200, 102), (400, 200))) == "hygiene"


def test_what_the_catalogue_says_stands_beside_it() -> None:
    """The importance a company declared is kept as it is."""
    (row,) = judged(POINTS, met((200, 60), (200, 100)), NOTHING).rows(named=True)

    assert (row["importance"], row["verdict"], row["rank"]) == ("minor", "moment of truth", 1)
    assert row["difference"] == pytest.approx(-0.2)
    assert row["difference_low"] < -0.2 < row["difference_high"] < 0


def test_the_order_of_cells_changes_nothing() -> None:
    """The same numbers to the last digit of what is published."""
    meetings, experiences = met((200, 60), (200, 100)), felt((200, 40), (200, 102), (400, 200))

    one = judged(POINTS, meetings, experiences)
    other = judged(POINTS, meetings.sample(fraction=1, shuffle=True, seed=1), experiences.reverse())

    assert one.equals(other)


def test_chance_alone_is_hardly_ever_taken_for_a_moment_of_truth() -> None:
    """Of two hundred touchpoints that change nothing, none or hardly any is claimed."""
    chance = np.random.default_rng(3)
    points = pl.DataFrame(
        {
            "touchpoint": [f"t{number}" for number in range(200)],
            "stage": ["Use"] * 200,
            "importance": ["minor"] * 200,
            "position": range(200),
        }
    )
    parts = [
        spread("early", arm, 80, 0).with_columns(
            completed_count=pl.Series((chance.random(80) < 0.4).astype(int)),
            touchpoint=pl.lit(name),
            open_count=0,
        )
        for name in points["touchpoint"]
        for arm in ("met", "other")
    ]

    found = judged(points, pl.concat(parts), NOTHING.clear())

    assert (found["verdict"] == "moment of truth").sum() <= 1


READS = ("felt_voices", "journeys", "touchpoint_visits")


def over(sql: str, **frames: pl.DataFrame) -> pl.DataFrame:
    """A select of sql/measures over small tables."""
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"given_{name}", frame)
            con.execute(f"create table {name} as from given_{name}")
        con.execute("set variable last_group = 'ff'")
        return con.sql((sql_folder() / "measures" / f"{sql}.sql").read_text()).pl()


VISITS = table("""
    customer_id | journey_number | position | touchpoint | stage | customer_group | is_first | is_repeat | again_position | occurred_us | status    | stratum
    ada         | 1              | 1        | Page       | Use   | 01             | true     | false     |                | 0           | completed | early
    ada         | 1              | 2        | Help       | Use   | 01             | true     | false     | 3              | 0           | completed | early
    ada         | 1              | 3        | Help       | Use   | 01             | false    | true      |                | 0           | completed | late
    bob         | 1              | 1        | Help       | Use   | 02             | true     | false     |                | 0           | ended     | early
    bob         | 1              | 2        | Page       | Use   | 02             | true     | false     |                | 0           | ended     | early
    cyd         | 1              | 1        | Page       | Use   | 03             | true     | false     |                | 0           | open      | early
""").with_columns(pl.col("customer_group").cast(pl.String).str.zfill(2))


def test_a_journey_is_an_other_until_it_meets_the_touchpoint() -> None:
    """Ada's page came before help, Bob's after it; Cyd's journey is open and in no share."""
    found = over(
        "moment_meetings",
        moment_visits=VISITS,
        touchpoints=table("""
            touchpoint | stage | outcome
            Page       | Use   |
            Help       | Use   |
            Renewed    | Use   | completes
        """),
    )

    help_ = found.filter(touchpoint="Help").select(
        "arm", "customer_group", "visit_count", "completed_count", "open_count"
    )
    assert sorted(help_.rows()) == [
        ("met", "01", 1, 1, 0),
        ("met", "02", 1, 0, 0),
        ("other", "01", 1, 1, 0),
        ("other", "03", 0, 0, 1),
    ]
    assert set(found["touchpoint"]) == {"Help", "Page"}


def test_an_experience_is_what_was_said_within_a_day_or_had_again(run_model: RunModel) -> None:
    """Bad where anything was bad; after a day, or at the next visit, it is another's."""
    found = over(
        "moment_experiences",
        moment_visits=table("""
            customer_id | position | touchpoint | customer_group | is_repeat | again_position | occurred_us | status    | stratum
            ada         | 1        | Help       | aa             | false     | 5              | 0           | completed | kind words
            ada         | 5        | Help       | aa             | true      |                | 0           | completed | had again
            bob         | 1        | Help       | bb             | false     |                | 0           | ended     | both kinds
            cyd         | 1        | Help       | cc             | false     |                | 0           | ended     | a day
            dee         | 1        | Help       | dd             | false     |                | 0           | ended     | too late
            eve         | 1        | Help       | ee             | false     |                | 0           | open      | open
        """),
        felt_voices=run_model(
            "felt_voices",
            voices=table("""
                customer_id | position | touchpoint | measure   | score | occurred_at
                ada         | 2        | Help       | sentiment | 0.3   | 1970-01-01 01:00:00
                bob         | 2        | Help       | nps       | 9     | 1970-01-01 01:00:00
                bob         | 3        | Help       | csat      | 2     | 1970-01-01 01:00:00
                cyd         | 2        | Help       | sentiment | -0.3  | 1970-01-02 00:00:00
                dee         | 2        | Help       | sentiment | -0.9  | 1970-01-02 00:00:01
            """),
        ),
    )

    assert dict(found.select("stratum", "arm").rows()) == {
        "kind words": "good",
        "had again": "bad",
        "both kinds": "bad",
        "a day": "bad",
        "too late": "neutral",
    }


def test_scores_between_say_neither(run_model: RunModel) -> None:
    """An NPS of 7, a CSAT of 3, a mild word; CES takes no part at all."""
    found = over(
        "moment_experiences",
        moment_visits=table("""
            customer_id | position | touchpoint | customer_group | is_repeat | again_position | occurred_us | status | stratum
            ada         | 1        | Help       | aa             | false     |                | 0           | ended  | early
        """).with_columns(pl.col("again_position").cast(pl.Int64)),
        felt_voices=run_model(
            "felt_voices",
            voices=table("""
                customer_id | position | touchpoint | measure   | score | occurred_at
                ada         | 2        | Help       | nps       | 7     | 1970-01-01 01:00:00
                ada         | 3        | Help       | csat      | 3     | 1970-01-01 01:00:00
                ada         | 4        | Help       | sentiment | -0.29 | 1970-01-01 01:00:00
                ada         | 5        | Help       | ces       | 1     | 1970-01-01 01:00:00
            """),
        ),
    )

    assert found["arm"].to_list() == ["neutral"]


def found_in(models: Mapping[str, Model], customers: int, seed: int) -> pl.DataFrame:
    """moments_of_truth of a simulated company without an incident."""
    with duckdb.connect() as con:
        build_walked(con, models, walked(without_incident(customers, 180), seed), *READS)
        return moments_of_truth(con)


def test_what_was_planted_to_decide_is_found(models: Mapping[str, Model]) -> None:
    """Renewal offers complete more journeys, and the page to cancel at ends them."""
    found = found_in(models, 4_000, 1)

    assert found.schema == MOMENTS
    told = dict(found.filter(verdict="moment of truth").select("touchpoint", "difference").rows())
    assert told["Renewal offer"] > 0.05
    assert told["Cancel page"] < -0.05
    # What is met at the start of the way decides nothing that the stage does not.
    assert {"Visit site", "Read pricing", "Use service"}.isdisjoint(told)


@pytest.mark.long
def test_hardly_anything_else_is_claimed(models: Mapping[str, Model]) -> None:
    """In ten companies no more than a claim or two beside what was planted."""
    planted = {
        "Renewal offer", "Cancel page", "Complaint", "Install moved", "Install done",
        # After a quote or a ticket the way inside the stage is another one.
        "Ask sales", "Quote sent", "Compare plans", "Ticket resolved", "Ticket opened",
    }  # fmt: skip
    claimed = [
        name
        for seed in range(1, 11)
        for name in found_in(models, 6_000, seed).filter(verdict="moment of truth")["touchpoint"]
    ]

    assert sum(name == "Cancel page" for name in claimed) >= 9
    assert sum(name not in planted for name in claimed) <= 2
