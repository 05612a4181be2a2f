import polars as pl

from pipeline.pages import health
from tests.pages import company


def test_the_worst_source_comes_first() -> None:
    """Failed before doubtful before good."""
    states = company.source_health().with_columns(
        state=pl.col("source").replace_strict({"portal": "failed", "crm": "check"}, default="good")
    )

    shown = health.sources(states, company.source_days())

    assert [(source.name, source.state) for source in shown][:2] == [
        ("portal", "✕ Failed"),
        ("crm", "! Check"),
    ]


def test_the_days_since_a_late_source_fell_silent_are_marked() -> None:
    """Two silent days at the end are red; the same days of a good source would not be."""
    late = {
        source.name: source
        for source in health.sources(company.source_health(), company.source_days())
    }

    assert [bar.tone for bar in late["marketing"].bars][-3:] == ["edge", "bad", "bad"]
    assert {bar.tone for bar in late["portal"].bars} == {"edge"}


def test_a_late_source_names_the_touchpoints_it_feeds() -> None:
    """The line under the headline says which numbers of the map miss the newest events."""
    tables = company.published()

    (line,) = health.stale(tables["source_health"], tables["touchpoints"])

    assert line == (
        "marketing: newest record is 26 h old, limit 6 h; "
        "touchpoints 5, 8, 18, 19 may miss the newest Email events."
    )


def test_a_source_with_refused_records_is_not_called_late() -> None:
    """Refused records are an effect on the data page, not a stale map."""
    crm = company.source_health().filter(pl.col("source") == "crm")

    assert health.stale(crm, company.published()["touchpoints"]) == []


def test_a_failed_check_says_how_much_speaks_against_it() -> None:
    """Checks that do not hold come first, with the count and the reason."""
    first = health.claims(company.checks())[0]

    assert (first.name, first.state) == ("No customer has too many identifiers", "✕ Failed")
    assert first.found == "1 row against it. A crowd is a shared device."


def test_the_widths_of_the_steps_fill_the_bar() -> None:
    """Each step is as wide as its share of the time."""
    steps = health.steps(company.runs().row(0, named=True))

    assert abs(sum(step.width for step in steps) - 100) < 0.1
    assert steps[1].words == "stitch 1 min 3 s"


def test_a_run_without_times_has_no_bar() -> None:
    """An unknown duration is left out."""
    assert health.steps({"step_seconds": None}) == []


def test_refused_records_and_unmapped_kinds_are_effects() -> None:
    """Each fault says which pages it touches and by how much."""
    tables = company.published()

    words = [
        effect.words
        for effect in health.effects(
            tables["source_health"], tables["touchpoints"], tables["unmapped_kinds"]
        )
    ]

    assert words[1].startswith("286 refused records count nowhere: marketing 188 (0.4%), crm 57")
    assert words[2].startswith("214 events of 1 kind match no touchpoint")


def test_ties_are_an_effect_once_nothing_breaks_them() -> None:
    """The page says how many there are and the most that hangs on their order."""
    tables = company.published()
    (effect,) = health.tied(tables["ties"], tables["tie_reversals"])

    assert effect.words == (
        "1.2% of customers' neighbouring events bear the same instant, and of 37 pairs nobody "
        "knows which came first. With all such pairs the other way round, 41% and not 43% would "
        "go from Visit site to Compare plans; no other share would change by more."
    )
    assert health.tied(tables["ties"].with_columns(by_id_count=0), tables["tie_reversals"]) == []
