# ruff: noqa: RUF001 - pages are set with true minus signs and dashes
import polars as pl

from pipeline.pages import headlines, paths
from tests.pages import company


def _given() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Stages, measured touchpoints and transitions of the made-up company."""
    tables = company.published()
    touchpoints = tables["touchpoints"].join(
        tables["touchpoint_measures"].drop("stage", "position"), on="touchpoint"
    )
    return tables["journey_map"], touchpoints, tables["touchpoint_transitions"]


def test_the_low_point_is_the_one_farthest_below_its_stage() -> None:
    """A complaint is bad in a bad stage; a moved install is bad in a good one, and that is news."""
    assert headlines.of_journey(*_given()) == (
        "Install moved is the low point of Onboard (−0.53 against +0.08): 31% of the customers "
        "there meet it, and 32% of visits to it lead to Support chat"
    )


def test_too_few_messages_make_no_low_point() -> None:
    """With twenty-nine messages each no touchpoint is called low; the largest loss is named."""
    stages, touchpoints, transitions = _given()

    sentence = headlines.of_journey(
        stages, touchpoints.with_columns(message_count=pl.lit(29)), transitions
    )

    assert sentence == "No stage stands out; the largest loss is in Evaluate (57%)"


def test_a_loss_stands_out_only_where_its_interval_clears_all_others() -> None:
    """Overlapping intervals give the cautious sentence."""
    stages, touchpoints, transitions = _given()
    silent = touchpoints.with_columns(message_count=pl.lit(0))
    wide = stages.with_columns(
        left_low=pl.col("left_share") - 0.2, left_high=pl.col("left_share") + 0.2
    )
    narrow = stages.with_columns(left_low="left_share", left_high="left_share")

    assert headlines.of_journey(wide, silent, transitions) == (
        "No stage stands out; the largest loss is in Evaluate (57%)"
    )
    assert headlines.of_journey(narrow, silent, transitions) == (
        "Evaluate loses most: 57% of its settled visits end there"
    )


def test_a_first_run_without_journeys_says_so() -> None:
    """Nothing to find gives words, not a number."""
    stages, touchpoints, transitions = _given()

    assert (
        headlines.of_journey(stages.with_columns(customer_count=0), touchpoints, transitions)
        == "No customer has a journey yet"
    )
    assert headlines.of_paths([], []) == "No visit has ended yet"


def test_all_open_visits_are_not_a_loss_of_nothing() -> None:
    """Before anything is settled, the headline says that all is open."""
    stages, touchpoints, transitions = _given()

    assert (
        headlines.of_journey(
            stages.with_columns(left_base_count=0),
            touchpoints.with_columns(message_count=0),
            transitions,
        )
        == "Every visit is still open: nothing has ended yet"
    )


def test_a_new_drop_off_leads_the_paths() -> None:
    """What is new comes before what is always so."""
    tables = company.published()
    rises = paths.rises(tables["drop_off_changes"], tables["drop_off_spans"])

    assert headlines.of_paths(paths.leaks(tables["drop_off_points"]), rises) == (
        "Order placed (web, phone) lost 58% from 11 to 22 Jan 2027, usually 7%. Most journeys "
        "that end stop after Visit site: 31% of visits to it are the last"
    )


def test_a_sound_run_says_that_all_is_well_and_a_faulty_one_what_is_not() -> None:
    """The data headline names failed checks and sources in trouble, worst first."""
    health, checks = company.source_health(), company.checks()

    assert headlines.of_run(health.with_columns(state=pl.lit("good")), checks.filter("is_met")) == (
        "All sources are on time and every check holds"
    )
    assert headlines.of_run(health, checks) == (
        "1 check failed; 2 of 4 sources need a look: crm (57 of 2344 records refused), "
        "marketing (newest record is 26 h old, limit 6 h)"
    )
