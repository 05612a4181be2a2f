import csv

import numpy as np
import pytest

from pipeline.resources import templates_folder
from pipeline.simulate import way


def test_the_touchpoints_are_those_of_the_telecom_template() -> None:
    """Every planted touchpoint is in the template, in the same stage and begun by the same side."""
    with (templates_folder() / "telecom" / "touchpoints.csv").open(encoding="utf-8") as file:
        rows = {row["touchpoint"]: row for row in csv.DictReader(file)}

    for point in way.TOUCHPOINTS:
        row = rows[point.name]
        assert row["stage"] == way.STAGES[point.stage]
        assert (row["initiator"] == "customer") == point.is_customers


def test_the_stages_are_those_of_the_telecom_template() -> None:
    """The same names in the same order."""
    with (templates_folder() / "telecom" / "stages.csv").open(encoding="utf-8") as file:
        names = tuple(row["stage"] for row in csv.DictReader(file))

    assert names == way.STAGES


def test_the_chances_of_every_choice_sum_to_one() -> None:
    """Nothing is lost at a touchpoint, entry, start or exit; no stage leads to itself."""
    inside = [sum(ways.values()) for _, ways in way.WITHIN.values() if ways]
    first = [sum(ways.values()) for ways in way.ENTRY.values()]
    starts = [sum(way.START_PROSPECT.values()), sum(way.START_SUBSCRIBER.values())]

    assert inside + first + starts == pytest.approx([1] * len(inside + first + starts))
    assert way.LEAD.sum(axis=1) == pytest.approx(np.ones(7))
    assert way.LEAD[range(7), range(7)].tolist() == [0] * 7


def test_a_journey_starts_with_the_customer() -> None:
    """No journey begins with something the company does: a journey opens with a sign of life."""
    starts = {**way.START_PROSPECT, **way.START_SUBSCRIBER}

    assert all(way.IS_CUSTOMERS[way.NUMBER[name]] for name in starts)


def test_exits_from_renew_follow_its_paths() -> None:
    """From the cancel page: 0.65 x 0.62 cancel and 0.35 x 0.15 fall silent, 0.65 x 0.38 renew."""
    exits = way.RENEWAL_EXITS[way.NUMBER["Cancel page"]]

    assert exits[way.ENDED] == pytest.approx(0.65 * 0.62 + 0.35 * 0.15)
    assert exits[way.COMPLETED] == pytest.approx(0.65 * 0.38)
    assert exits.sum() == pytest.approx(1)
