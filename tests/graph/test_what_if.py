import json
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.__main__ import app
from pipeline.errors import BadWhatIf
from pipeline.graph import what_if
from pipeline.graph.edges import COMPLETED, ENDED, OPEN, START
from pipeline.graph.orders import chain_orders
from pipeline.graph.tables import graph_counts
from pipeline.graph.what_if import Answer, Change
from tests.graph.journeys import Journey, chain_steps

# Of a hundred who look, forty buy and sixty leave; of the forty who buy, thirty stay.
COMPANY = [
    *(Journey(f"{one:02}", ["Look", "Buy"], COMPLETED, 1_000) for one in range(30)),
    *(Journey(f"{one:02}", ["Look", "Buy"], ENDED) for one in range(30, 40)),
    *(Journey(f"{one:02}", ["Look"], ENDED) for one in range(40, 100)),
]


def frames(journeys: list[Journey]) -> dict[str, pl.DataFrame]:
    """The published tables that `answer` reads."""
    steps = pl.concat(
        [
            chain_steps(journeys),
            chain_steps([Journey("00", ["View bill"], COMPLETED)], "touchpoint"),
        ]
    )
    return {
        "graph_counts": graph_counts(steps),
        "parameters": pl.DataFrame(
            {"as_of": [datetime(2026, 3, 1)], "as_of_us": [1], "currency": ["EUR"]}  # noqa: DTZ001
        ),
        "chain_orders": chain_orders(steps, "stage"),
        "stages": pl.DataFrame({"stage": ["Look", "Buy", "Renew"]}),
        "touchpoints": pl.DataFrame({"touchpoint": ["View bill"]}),
    }


def asked(*changes: tuple[str, str, float], journeys: list[Journey] = COMPANY) -> Answer:
    """What would change."""
    return what_if.answer(frames(journeys), [what_if.change(*one) for one in changes])


def measure(found: Answer, name: str) -> what_if.Compared:
    """One measure of an answer."""
    (one,) = (one for one in found.measures if one.measure == name)
    return one


def test_the_answer_is_solved_by_hand() -> None:
    """Half instead of 40 % go on to buy, of whom three in four stay: 37.5 instead of 30 %."""
    found = asked(("Look", "Buy", 0.5))

    assert measure(found, "goal").now.value == pytest.approx(0.3)
    assert measure(found, "goal").then.value == pytest.approx(0.375)
    assert measure(found, "completions").change.value == pytest.approx(7.5)
    assert measure(found, "value").change.value == pytest.approx(75.0)
    ((change, share, factor),) = found.changes
    assert (change.share, share, factor) == (0.5, pytest.approx(0.4), pytest.approx(0.5 / 0.6))


def test_intervals_are_of_the_difference() -> None:
    """The same draws now and then: the difference is surer than either chance."""
    found = measure(asked(("Look", "Buy", 0.5)), "goal")

    def width(one: what_if.Range) -> float:
        assert one.low is not None
        assert one.high is not None
        return one.high - one.low

    assert found.change.low <= found.change.value <= found.change.high
    assert width(found.change) < width(found.now)


def test_other_shares_are_scaled_in_proportion() -> None:
    """Two ways of 60 and 20 % share what a third leaves them, three to one."""
    chances = np.array([[[0.0, 0.2, 0.6, 0.2]] * 2])
    days = np.zeros_like(chances)

    (changed, _) = what_if.changed(chances, days, [(0, 1, 0.6)])

    assert changed[0, 0].tolist() == pytest.approx([0.0, 0.6, 0.3, 0.1])
    assert changed[0, 1].tolist() == chances[0, 1].tolist()


@given(
    row=st.lists(st.floats(0.01, 1), min_size=5, max_size=5),
    shares=st.lists(st.floats(0, 0.3), min_size=1, max_size=3),
)
@settings(max_examples=60)
def test_shares_asked_for_stand_and_rows_stay_whole(row: list[float], shares: list[float]) -> None:
    """Whatever is asked for, the row adds up to 1 and the others keep their proportions."""
    chances = np.array([[row] * 3]) / sum(row)

    changed, _ = what_if.changed(
        chances, np.zeros_like(chances), [(1, head, share) for head, share in enumerate(shares)]
    )

    others = range(len(shares), 5)
    assert changed[0, 1].sum() == pytest.approx(1)
    assert changed[0, 1, : len(shares)].tolist() == pytest.approx(shares)
    ratios = [changed[0, 1, one] / chances[0, 1, one] for one in others]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))


def test_asking_for_what_is_changes_nothing() -> None:
    """40 % as it is."""
    found = asked(("Look", "Buy", 0.4))

    assert all(one.change.value == pytest.approx(0, abs=1e-9) for one in found.measures)


def test_several_changes_are_made_at_once() -> None:
    """All buy and all stay: everybody completes, in two steps."""
    found = asked(("Look", "Buy", 1.0), ("Buy", "completed", 1.0))

    assert measure(found, "goal").then.value == pytest.approx(1)
    assert measure(found, "steps").then.value == pytest.approx(2)


def test_a_way_that_nobody_went_may_be_opened() -> None:
    """From Look straight to the goal, which takes as long as other ways from Look."""
    found = asked(("Look", "completed", 0.2))

    assert measure(found, "goal").then.value == pytest.approx(0.2 + 0.8 * 0.3)


def test_open_journeys_are_begun_but_not_lost() -> None:
    """A hundred more still looking double the completions to expect, and change no chance."""
    more = [*COMPANY, *(Journey(f"{one:02}", ["Look"], OPEN) for one in range(100))]

    found = asked(("Look", "Buy", 0.5), journeys=more)

    assert measure(found, "goal").change.value == pytest.approx(0.075)
    assert measure(found, "completions").change.value == pytest.approx(15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([("Lok", "Buy", 0.5)], "no stage or touchpoint is named 'Lok'; did you mean Look?"),
        ([("Look", "Zebra", 0.5)], "no stage or touchpoint is named 'Zebra'; see the table"),
        ([("Look", "Renew", 0.5)], "no visit to Renew has settled yet"),
        ([("Look", "View bill", 0.5)], "some are stages, some are touchpoints"),
        ([("Look", "start", 0.5)], "nobody can go that way"),
        ([("completed", "Look", 0.5)], "nobody can go that way"),
        ([("Look", "Buy", 0.5), ("Look", "Buy", 0.6)], "named twice; keep one share"),
        ([("Look", "Buy", 0.7), ("Look", "ended", 0.6)], "add up to 1.3, more than 1"),
        ([("Look", "Buy", 0.3), ("Look", "ended", 0.3)], "nobody is there to take the rest of 0.4"),
        ([("start", "Look", 0.9)], "nobody is there to take the rest of 0.1"),
        ([("Look", "Buy", 1.5)], "found 1.5; a share lies from 0 to 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    changes: list[tuple[str, str, float]], message: str
) -> None:
    """The sentence names what was found and what to do."""
    with pytest.raises(BadWhatIf, match=message.replace("?", r"\?")):
        asked(*changes)


def test_changes_are_read_from_a_file(tmp_path: Path) -> None:
    """Sections of from, to and share."""
    path = tmp_path / "changes.toml"
    path.write_text('[[change]]\nfrom = "Look"\nto = "Buy"\nshare = 0.5\n')

    assert what_if.read(path) == [
        Change.model_validate({"from": "Look", "to": "Buy", "share": 0.5})
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("change =", "not valid TOML"),
        ("", "change: Field required"),
        ('[[change]]\nfrom = "a"\nto = "b"\n', "change.0.share: Field required"),
        ('[[change]]\nfrom = "a"\nto = "b"\nshare = 2\n', "a share lies from 0 to 1"),
        ('[[change]]\nfrom = "a"\nto = "b"\nshare = 1\nwait = 2\n', "change.0.wait: Extra"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str | None, message: str, tmp_path: Path) -> None:
    """The sentence names the file and the place in it."""
    path = tmp_path / "changes.toml"
    if text is not None:
        path.write_text(text)

    with pytest.raises(BadWhatIf, match=message) as raised:
        what_if.read(path)

    assert "changes.toml" in str(raised.value)


def test_the_answer_is_said_in_words_and_as_json() -> None:
    """What was changed, what follows with its interval, and what it rests on."""
    found = asked(("Look", "Buy", 0.5))

    said = what_if.lines(found)

    assert said[:2] == [
        "Look to Buy: 50.0% instead of 40.0% of settled visits; its other shares times 0.833",
        "of the 100 journeys begun until 2026-03-01 00:00 UTC, by stages:",
    ]
    assert said[2].startswith("  chance to complete: 37.5% instead of 30.0%, +7.5 points (")
    assert said[4].startswith("  value: 375 instead of 300, +75 EUR (")
    assert "order" not in said[-1]
    read = json.loads(json.dumps(what_if.as_json(found)))
    assert read["measures"]["goal"]["then"]["value"] == pytest.approx(0.375)


def test_a_longer_memory_is_owned_up_to() -> None:
    """Where a chain of order 2 foretells better, the answer says so."""
    journeys = [
        *(Journey(f"{one % 90:02}", ["Ad", "Look"], COMPLETED) for one in range(300)),
        *(Journey(f"{one % 90:02}", ["Look"], ENDED) for one in range(300)),
    ]

    assert "order 2" in what_if.lines(asked(("Look", "completed", 0.6), journeys=journeys))[-1]


def test_few_customers_are_owned_up_to() -> None:
    """No interval, and a sentence that says why."""
    few = [one._replace(group="00") for one in COMPANY]

    found = asked(("Look", "Buy", 0.5), journeys=few)

    assert measure(found, "goal").change.low is None
    assert any(line.startswith("No interval") for line in what_if.lines(found))
    assert START not in "".join(what_if.lines(found))


@pytest.mark.parametrize(
    "words", [[], ["--from", "Look", "--to", "Buy"], ["changes.toml", "--share", "0.5"]]
)
def test_half_a_question_is_a_usage_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A file, or all three of from, to and share; never a mixture."""
    code = app(["what-if", *words], result_action="return_value", exit_on_error=False)

    assert code == 2
    assert "name a file of changes, or --from, --to and --share" in capsys.readouterr().err
