# ruff: noqa: RUF001 - pages are set with true minus signs and dashes
from itertools import combinations

from pipeline.pages.emotion import LETTER, ZERO, Felt, StageMood, draw


def _felt(number: int, mean: float, messages: int = 100) -> Felt:
    """A touchpoint whose interval is 0.2 wide."""
    return Felt(number, f"Step {number}", mean, mean - 0.1, mean + 0.1, messages)


def _stage(*felt: Felt) -> StageMood:
    """A stage of these touchpoints, in these slots."""
    total = sum(one.message_count for one in felt)
    mean = sum(one.mean * one.message_count for one in felt) / total if total else None
    return StageMood(mean, total, max(len(felt), 1), list(enumerate(felt)))


def test_a_gap_is_crossed_by_dots_and_never_by_a_line() -> None:
    """A stage without messages splits the solid line, and dots join its neighbours."""
    mood = draw([_stage(_felt(1, 0.2)), _stage(), _stage(_felt(2, -0.2))])

    assert (len(mood.solid), len(mood.dotted), len(mood.silent)) == (2, 1, 1)


def test_neighbours_with_messages_share_one_solid_line() -> None:
    """Without a gap there is one line and no dots."""
    mood = draw([_stage(_felt(1, 0.2)), _stage(_felt(2, -0.2))])

    assert (len(mood.solid), len(mood.dotted), mood.silent) == (1, 0, [])


def test_a_circle_sits_at_its_own_mean_and_its_stem_starts_on_the_line() -> None:
    """Height is the touchpoint's mean; the stem begins at the mean of the stage."""
    mood = draw([_stage(_felt(1, 0.5), _felt(2, -0.5))])
    up, down = mood.circles

    assert up.y < up.line_y == down.line_y < down.y


def test_thirty_messages_are_enough_and_twenty_nine_are_not() -> None:
    """A touchpoint with fewer than thirty messages is hollow and has no label."""
    mood = draw([_stage(_felt(1, -0.6, 29), _felt(2, -0.5, 30))])

    assert [circle.is_sure for circle in mood.circles] == [False, True]
    assert [label.text for label in mood.labels] == ["Step 2 −0.50"]


def test_only_the_three_lowest_and_the_two_highest_are_named() -> None:
    """Five labels at most, however many touchpoints were heard."""
    means = (0.9, 0.8, 0.7, 0.1, -0.1, -0.7, -0.8, -0.9)
    mood = draw([_stage(*(_felt(n, mean) for n, mean in enumerate(means)))])

    tones = {label.text: label.tone for label in mood.labels}
    assert tones == {
        "Step 0 +0.90": "good",
        "Step 1 +0.80": "good",
        "Step 5 −0.70": "bad",
        "Step 6 −0.80": "bad",
        "Step 7 −0.90": "bad",
    }


def test_a_low_point_above_zero_is_not_marked_as_bad() -> None:
    """Red is for what is negative, not for the least positive."""
    mood = draw([_stage(*(_felt(n, 0.1 * n) for n in range(1, 5)))])

    assert {label.tone for label in mood.labels} == {"good"}


def test_labels_do_not_cover_each_other() -> None:
    """Neighbouring labels are moved apart."""
    crowded = _stage(_felt(1, -0.3), _felt(2, -0.32), _felt(3, -0.31))
    mood = draw([crowded, *(_stage() for _ in range(6))])

    assert len(mood.labels) == 3
    for one, other in combinations(mood.labels, 2):
        width = (len(one.text) + len(other.text)) * LETTER / 2
        assert abs(one.y - other.y) >= 14 or abs(one.x - other.x) >= width


def test_no_messages_at_all_draw_no_line() -> None:
    """A company that was never written to has an empty row that says so."""
    mood = draw([_stage(), _stage()])

    assert (mood.solid, mood.dotted, mood.circles, len(mood.silent)) == ([], [], [], 2)
    assert "too few messages" in mood.sentence


def test_a_stage_with_too_few_messages_has_no_line() -> None:
    """Twenty-nine messages are a gap that says so, and thirty are a line."""
    mood = draw([_stage(_felt(1, 0.2, 29)), _stage(_felt(2, 0.2, 30))])

    assert [silence.words for silence in mood.silent] == ["too few messages"]
    assert (len(mood.solid), len(mood.circles)) == (1, 2)


def test_words_in_a_gap_make_room_for_the_dots() -> None:
    """Where the dots pass above the zero line, the words go below it."""
    high = draw([_stage(_felt(1, 0.15)), _stage(), _stage(_felt(2, 0.15))])
    low = draw([_stage(_felt(1, -0.5)), _stage(), _stage(_felt(2, -0.5))])

    assert high.silent[0].y > ZERO > low.silent[0].y


def test_a_circle_far_from_the_line_has_no_stem() -> None:
    """A touchpoint of a stage without a line, at the end of the map, hangs from nothing."""
    mood = draw([_stage(_felt(1, 0.2, 5)), _stage(_felt(2, -0.4))])

    assert mood.circles[0].line_y == mood.circles[0].y
