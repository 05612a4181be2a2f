from itertools import pairwise

import polars as pl

from pipeline.pages.process_map import ProcessMap, process_map
from tests.pages import company

HEADS = [(stage, "words") for stage in company.REACHED]


def _touchpoints() -> pl.DataFrame:
    """The measured touchpoints of the made-up company."""
    tables = company.published()
    return tables["touchpoints"].join(
        tables["touchpoint_measures"].drop("stage", "position"), on="touchpoint"
    )


def _drawn(**changed: pl.DataFrame) -> ProcessMap:
    """The map of the made-up company, with some of its tables changed."""
    tables = company.published()
    drawn = process_map(
        changed.get("touchpoints", _touchpoints()),
        changed.get("transitions", tables["touchpoint_transitions"]),
        tables["drop_offs"],
        HEADS,
    )
    assert drawn is not None
    return drawn


def test_the_map_first_shows_the_fewest_lines_that_cover_nine_steps_in_ten() -> None:
    """One line fewer covers less than 90% of all steps."""
    drawn = _drawn()

    shown = [path for path in drawn.paths if path.is_kept or path.rank <= drawn.first_shown]
    fewer = [path for path in drawn.paths if path.is_kept or path.rank < drawn.first_shown]
    assert len(shown) == drawn.shown_count
    assert sum(path.steps for path in shown) >= 0.9 * drawn.step_count
    assert sum(path.steps for path in fewer) < 0.9 * drawn.step_count


def test_the_words_count_all_steps_between_touchpoints_and_no_exit() -> None:
    """Exits are no steps; everything else is in the whole that the coverage speaks of."""
    steps = company.published()["touchpoint_transitions"].filter(
        ~pl.col("to_touchpoint").str.starts_with("(")
    )
    drawn = _drawn()

    assert (drawn.path_count, drawn.step_count) == (steps.height, steps["transition_count"].sum())


def test_every_box_keeps_its_strongest_way_in_and_out() -> None:
    """However few lines are shown, no box stands alone."""
    drawn = _drawn()

    for box in drawn.boxes:
        ways_in = [path for path in drawn.paths if path.end == box.name]
        ways_out = [path for path in drawn.paths if path.start == box.name]
        for ways in (ways_in, ways_out):
            assert not ways or min(ways, key=lambda path: path.rank).is_kept


def test_an_outcome_never_carries_a_share_that_left() -> None:
    """Cancelling is leaving: its box says how many came, not that all left."""
    boxes = {box.name: box for box in _drawn().boxes}

    assert boxes["Cancelled"].left == ""
    assert boxes["Visit site"].left == "31% left"


def test_a_share_below_a_tenth_is_left_to_the_words() -> None:
    """The box marks shares from 10% up; the others are read out and listed."""
    boxes = {box.name: box for box in _drawn().boxes}

    assert (boxes["Use service"].left, boxes["Use service"].words) == (
        "",
        "1,176 customers, 9% left",
    )


def test_a_line_to_an_earlier_stage_is_a_way_back() -> None:
    """Dashed lines are those that lead to an earlier stage, not up within one."""
    back = {(path.start, path.end) for path in _drawn().paths if path.is_back}

    assert ("Renewed", "Use service") in back
    assert ("Complaint", "Ticket resolved") not in back


def test_boxes_do_not_move_when_the_numbers_change() -> None:
    """Places come from the catalogue alone, so that two maps compare."""
    transitions = company.published()["touchpoint_transitions"].with_columns(
        pl.col("transition_count").reverse(), pl.col("customer_count").reverse()
    )

    here = {box.name: (box.x, box.y) for box in _drawn().boxes}
    there = {box.name: (box.x, box.y) for box in _drawn(transitions=transitions).boxes}
    assert here == there


def test_boxes_of_a_stage_stand_apart_below_each_other() -> None:
    """In the order of the catalogue, with room for lines between them."""
    boxes = [box for box in _drawn().boxes if box.name in {"Install booked", "Install moved"}]

    assert boxes[0].name == "Install booked"
    assert all(low.y - high.y > 60 for high, low in pairwise(boxes))


def test_rare_touchpoints_of_a_crowded_stage_are_counted_in_words() -> None:
    """Six boxes a stage are drawn; what is folded is said."""
    many = pl.concat(
        [
            _touchpoints(),
            pl.DataFrame(
                {"touchpoint": [f"Page {n}" for n in range(5)], "stage": ["Discover"] * 5}
            ).with_columns(
                position=pl.int_range(30, 35, dtype=pl.Int32), customer_count=20 + pl.int_range(5)
            ),
        ],
        how="diagonal_relaxed",
    )

    drawn = _drawn(touchpoints=many)

    assert sum(box.name.startswith("Page") for box in drawn.boxes) == 4
    assert drawn.folded == "Not drawn: 1 rarer touchpoint; all are counted in the shares."


def test_one_touchpoint_is_no_map() -> None:
    """Fewer than two touchpoints met give nothing to draw."""
    tables = company.published()

    assert (
        process_map(
            _touchpoints().head(1), tables["touchpoint_transitions"], tables["drop_offs"], HEADS
        )
        is None
    )


def test_lines_that_bow_out_of_the_first_stage_are_on_the_map() -> None:
    """All touchpoints in one stage, with a way from each to each: no line leaves the map."""
    stage = HEADS[0][0]
    met = _touchpoints().head(6).with_columns(stage=pl.lit(stage))
    names = met["touchpoint"].to_list()
    ways = pl.DataFrame(
        [(a, b) for a in names for b in names],
        schema=["from_touchpoint", "to_touchpoint"],
        orient="row",
    ).with_columns(transition_count=9, customer_count=9, share=0.1, wait_hours_p50=1.0)

    drawn = process_map(met, ways, company.published()["drop_offs"], [(stage, "words")])

    assert drawn is not None
    xs = [x for path in drawn.paths for x, _ in path.line.points]
    assert min(xs) < 0
    assert drawn.left < min(xs)
    assert max(xs) < drawn.left + drawn.width
