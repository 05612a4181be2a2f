import polars as pl

from pipeline.pages import journey_map
from tests.pages import company


def _sheets(**changed: pl.DataFrame) -> journey_map.Sheets:
    """The sheets of the made-up company, some of them changed."""
    tables = company.published()
    touchpoints = tables["touchpoints"].join(
        tables["touchpoint_measures"].drop("stage", "position"), on="touchpoint"
    )
    given = {
        "stages": tables["journey_map"],
        "touchpoints": touchpoints,
        "owners": tables["stage_owners"],
        "pain_points": tables["pain_points"],
        "quotes": tables["stage_quotes"],
        "notes": tables["notes"],
    }
    return journey_map.Sheets(**(given | changed))


def _columns(**changed: pl.DataFrame) -> dict[str, journey_map.Column]:
    """The columns of the map by stage."""
    return {column.name: column for column in journey_map.columns(_sheets(**changed))}


def test_a_share_above_the_limit_is_red_except_at_the_last_stage() -> None:
    """Leaving is marked above a quarter; at the last stage people leave as they are through."""
    stages = company.published()["journey_map"].with_columns(
        pl.col("stage")
        .replace_strict({"Discover": 0.2501, "Evaluate": 0.25, "Renew": 0.44}, default=0.0)
        .alias("left_share")
    )

    columns = _columns(stages=stages)

    assert {
        name: column.left.is_high for name, column in columns.items() if column.left.is_high
    } == {"Discover": True}


def test_a_stage_without_settled_visits_has_no_share() -> None:
    """Nothing settled gives words, not 0%; and nobody reached gives other words."""
    stages = company.published()["journey_map"].with_columns(
        left_base_count=pl.lit(0),
        left_share=pl.lit(None, pl.Float64),
        customer_count=pl.when(pl.col("stage") == "Buy").then(0).otherwise("customer_count"),
    )

    columns = _columns(stages=stages)

    assert (columns["Use"].left.share, columns["Use"].left.counts) == (
        "",
        "every visit is still open",
    )
    assert columns["Buy"].left.counts == "not reached"


def test_twenty_nine_answers_are_refused_in_words_and_thirty_are_shown() -> None:
    """A score of fewer than thirty answers is not a number on the page."""
    stages = company.published()["journey_map"].with_columns(
        csat=pl.lit(4.25),
        csat_count=pl.col("stage").replace_strict({"Buy": 29, "Use": 30}, default=0),
        nps_count=0,
        ces_count=0,
    )

    columns = _columns(stages=stages)

    assert columns["Buy"].kpis[0].refused == "29 answers, too few to show (30 needed)"
    assert (columns["Use"].kpis[0].value, columns["Use"].kpis[0].refused) == ("4.2", "")
    assert columns["Renew"].kpis == []


def test_five_touchpoints_are_named_and_the_others_are_counted() -> None:
    """A cell names the five most met, in the order of the map, and counts the rest."""
    names = [f"Page {n}" for n in range(1, 8)]
    touchpoints = pl.DataFrame(
        {
            "touchpoint": names,
            "stage": ["Buy"] * 7,
            "channel": ["web"] * 7,
            "position": range(1, 8),
            "visibility": ["onstage"] * 7,
            "customer_count": [70, 10, 60, 50, 20, 40, 30],
        }
    )

    cell = _columns(touchpoints=touchpoints)["Buy"].onstage

    assert [touch.number for touch in cell.shown] == [1, 3, 4, 6, 7]
    assert cell.smaller == 2
    assert cell.shown[0].bar == 100


def test_offstage_work_stands_below_the_line_of_visibility() -> None:
    """What the customer does not see is backstage, and what nobody met is nowhere."""
    columns = _columns()

    assert [touch.name for touch in columns["Buy"].backstage.shown] == ["Credit check"]
    assert "Credit check" not in [touch.name for touch in columns["Buy"].onstage.shown]
    assert columns["Use"].backstage.shown == []


def test_a_long_message_is_cut_at_a_word() -> None:
    """A quote has at most 120 characters and ends in a whole word."""
    quotes = company.stage_quotes().with_columns(text=pl.lit("They moved my date again. " * 9))

    text = _columns(quotes=quotes)["Onboard"].quote.text

    assert len(text) <= 120
    assert text.endswith(("again…", "date…", "my…", "moved…", "They…"))


def test_the_worst_cell_is_one_and_has_enough_customers() -> None:
    """Red marks the pain of the largest share, if thirty customers had it."""
    pains = company.pain_points().with_columns(
        share=pl.when(pl.col("stage") == "Renew").then(0.9).otherwise("share")
    )

    columns = _columns(pain_points=pains)

    assert [name for name, column in columns.items() if column.is_worst] == ["Onboard"]


def test_what_nobody_wrote_is_not_invented() -> None:
    """No goal and no opportunity give empty cells for the page to name as such."""
    columns = _columns()

    assert columns["Renew"].goal == ""
    assert columns["Renew"].opportunities == []
    assert columns["Buy"].opportunities == ["Ask for the address earlier"]
