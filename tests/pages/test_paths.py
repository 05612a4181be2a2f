import polars as pl
import pytest

from pipeline.pages import paths
from tests.pages import company
from tests.tables import table


def test_the_ranked_list_shows_the_counts_of_the_table() -> None:
    """Each line of "where customers leave" is one row of drop_off_points, in its order."""
    points = company.published()["drop_off_points"]

    shown = [(leak.name, leak.ended, leak.settled, leak.share) for leak in paths.leaks(points)]

    assert (
        shown
        == points.head(8)
        .select("name", "settled_ended_count", "settled_count", "drop_off_share")
        .rows()
    )


def test_where_nothing_ever_completed_nobody_knows_what_was_lost() -> None:
    """Completions lost are counted, and are a dash where no journey has completed."""
    points = company.published()["drop_off_points"]
    never = points.with_columns(completions_lost=pl.lit(0.0))

    assert paths.leaks(points)[0].cost != "\N{EN DASH}"
    assert {leak.cost for leak in paths.leaks(never)} == {"\N{EN DASH}"}


def _changes(z: float, weeks: int = 1) -> pl.DataFrame:
    """The first weeks of the incident, as far out as `z`."""
    return company.drop_off_changes().with_columns(z=pl.lit(z)).head(weeks)


@pytest.mark.parametrize(("z", "found"), [(2.32, 0), (2.33, 1)])
def test_one_weekly_share_must_stand_out_once_in_a_hundred(z: float, found: int) -> None:
    """With one share looked at, 2.33 standard errors are enough and 2.32 are not."""
    assert len(paths.rises(_changes(z), company.drop_off_spans())) == found


def test_the_more_weeks_are_looked_at_the_more_must_stand_out() -> None:
    """The same week that is new alone is not new among a thousand others."""
    one = _changes(3.0)
    quiet = pl.concat([one.with_columns(z=pl.lit(0.1), rank=pl.lit(None, pl.Int64))] * 999)

    assert len(paths.rises(one, company.drop_off_spans())) == 1
    assert paths.rises(pl.concat([one, quiet]), company.drop_off_spans()) == []


def test_two_weeks_of_one_incident_are_one_line() -> None:
    """A touchpoint, channel and device is listed once, with the days it lasted."""
    rises = paths.rises(company.drop_off_changes(), company.drop_off_spans())

    assert [
        (rise.touchpoint, rise.where, rise.days, rise.ended, rise.settled) for rise in rises
    ] == [("Order placed", "web, phone", "11 to 22 Jan 2027", 69, 118)]


def test_the_matrix_holds_every_transition_between_stages() -> None:
    """Stages against stages and ends, starts first; what never happened is empty."""
    found = paths.matrix(
        table("""
            from_stage | to_stage    | transition_count | share
            (start)    | Buy         | 90               |
            Buy        | Use         | 60               | 0.75
            Buy        | (ended)     | 20               | 0.25
            Buy        | (open)      | 10               |
        """),
        ["Buy", "Use"],
    )

    assert found.heads == ["Buy", "Use", "Completed", "Ended", "Open"]
    assert [
        (row.name, [cell and (cell.share, cell.visits) for cell in row.cells]) for row in found.rows
    ] == [
        ("Start", [("", "90"), None, None, None, None]),
        ("Buy", [None, ("75%", "60"), None, ("25%", "20"), ("", "10")]),
        ("Use", [None, None, None, None, None]),
    ]


def test_without_a_completed_journey_no_way_is_claimed() -> None:
    """The likeliest way is a sentence with its own chance, or says that none is known."""
    ways = company.graph_paths()

    assert "Discover, Evaluate, Buy, Renew." in paths.likeliest(ways)
    assert "2.2% of journeys" in paths.likeliest(ways)
    assert "no way to the goal is known" in paths.likeliest(ways.clear())
