# ruff: noqa: RUF001 - pages are set with true minus signs and dashes
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
        "moments": tables["moments_of_truth"],
        "themes": tables["themes"],
        "effort": tables["effort"],
        "starts": tables["contact_starts"],
        "benchmarks": tables["benchmarks"],
        "opportunities": tables["opportunities"],
        "currency": "GBP",
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
        csat=pl.when(pl.col("stage") == "Use").then(0.425),
        csat_low=pl.when(pl.col("stage") == "Use").then(0.27),
        csat_high=pl.when(pl.col("stage") == "Use").then(0.6),
        csat_count=pl.col("stage").replace_strict({"Buy": 29, "Use": 30}, default=0),
        nps_count=0,
        ces_count=0,
    )

    columns = _columns(stages=stages)

    assert columns["Buy"].kpis[0].refused == "29 answers, too few to show (30 needed)"
    shown = columns["Use"].kpis[0]
    assert (shown.value, shown.interval, shown.refused) == ("42%", "27–60%", "")
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
    (written,) = columns["Buy"].opportunities
    assert (written.text, written.is_written) == ("Ask for the address earlier", True)


def test_what_could_be_won_has_a_range_and_no_author() -> None:
    """Less than a journey for sure is no opportunity; money is said where it is known."""
    columns = _columns()
    unpaid = company.published()["opportunities"].with_columns(
        pl.lit(None, pl.Int64).alias(name) for name in ("value_cents_low", "value_cents_high")
    )

    (won,) = columns["Evaluate"].opportunities
    (free,) = _columns(opportunities=unpaid)["Evaluate"].opportunities

    assert won.text == "web, mobile, 11 to 22 Jan 2027: 60% left, 35% otherwise"
    assert (won.range, won.is_written) == ("+12 to +40 journeys, worth £1,240 to £3,960", False)
    assert free.range == "+12 to +40 journeys"
    assert columns["Use"].opportunities == []


def test_what_decides_is_marked_where_it_is_met() -> None:
    """The data's verdict and how far outcomes lie apart stand beside the touchpoint."""
    columns = _columns()

    marks = {
        touch.name: touch.mark
        for column in columns.values()
        for touch in column.onstage.shown
        if touch.mark
    }
    assert marks == {
        "Install moved": "moment of truth, −15 points",
        "Support chat": "hygiene, −18 points when it fails",
    }


def test_what_the_data_say_stands_beside_the_catalogue() -> None:
    """What decides comes first, and what the catalogue says is not written over."""
    sheets = _sheets()

    rows = journey_map.decisive(sheets.moments, sheets.touchpoints)

    assert [(row.name, row.importance, row.verdict) for row in rows] == [
        ("Install moved", "major", "moment of truth"),
        ("Support chat", "moment of truth", "hygiene"),
        ("Visit site", "minor", "no difference seen"),
        ("Complaint", "moment of truth", "too few to compare"),
    ]
    assert (rows[0].completed, rows[0].other, rows[0].interval) == ("31%", "46%", "(−21 to −9)")
    assert (rows[3].difference, rows[3].interval) == ("–", "")


def test_themes_stand_once_and_few_customers_are_not_counted_out() -> None:
    """The same words at two touchpoints are one theme of the stage; seven customers are few."""
    columns = _columns()

    assert [(one.theme, one.number, one.customers) for one in columns["Onboard"].themes] == [
        ("third date, day off", 10, "61"),
        ("nobody called", 10, "fewer than 10"),
    ]
    assert [(one.theme, one.number) for one in columns["Get help"].themes] == [
        ("explained, four people", 18)
    ]


def test_a_benchmark_stands_beside_what_was_measured() -> None:
    """With source, day and verdict; without a measured value there is none to show."""
    columns = _columns()

    (help_,) = columns["Get help"].benchmarks
    (renew,) = columns["Renew"].benchmarks
    (site,) = columns["Discover"].benchmarks

    assert (help_.name, help_.measured, help_.benchmark) == ("CSAT", "52%", "80%")
    assert (help_.source, help_.verdict) == ("Industry report, 31 Dec 2026", "below")
    assert (renew.measured, renew.verdict) == ("", "too little is measured to tell it from")
    assert site.name == "Visit site: Drop-off"


def test_effort_is_of_resolved_cases_and_open_ones_are_counted() -> None:
    """A stage without a resolved case has no mean, and one without contacts has no cell."""
    columns = _columns()

    assert columns["Discover"].toil is None
    assert (columns["Evaluate"].toil.contacts, columns["Evaluate"].toil.cases) == (
        "",
        "0 cases resolved, 12 open",
    )
    assert columns["Get help"].toil.contacts == "1.62"
    assert columns["Get help"].toil.repeated == "22% repeated within 7 days (20–24%)"


def test_a_stage_says_who_begins_its_contacts() -> None:
    """The company's share with its interval; where nobody came, nothing."""
    columns = _columns()

    begun = columns["Get help"].begun
    assert (begun.share, begun.interval, begun.contacts) == ("51%", "49–53%", "2,364")
    assert columns["Renew"].begun is None
