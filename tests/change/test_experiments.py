import polars as pl
import pytest

from pipeline.change.experiments import experiment_arms
from pipeline.resources import sql_folder
from tests.tables import table


def exposed(*arms: tuple[str, int, int]) -> pl.DataFrame:
    """So many customers of a variant of whom so many completed."""
    return pl.DataFrame(
        [
            ("new form", variant, False, False, n < completed)
            for variant, count, completed in arms
            for n in range(count)
        ],
        schema=["experiment", "variant", "is_mixed", "is_waiting", "has_completed"],
        orient="row",
    )


def test_each_variant_is_held_against_the_baseline() -> None:
    """45 % of 200 against 30 % of 200 in control: 15 points, above zero for sure."""
    found = experiment_arms(exposed(("blue", 200, 90), ("Control", 200, 60)))

    base, blue = found.rows(named=True)
    assert (base["variant"], base["is_baseline"], base["difference"]) == ("Control", True, None)
    assert blue["difference"] == pytest.approx(0.15)
    assert blue["difference_low"] > 0
    assert blue["q_value"] < 0.01
    assert blue["split_p_value"] == pytest.approx(1.0)


def test_a_split_gone_wrong_shows() -> None:
    """400 against 200 customers would come of an even split once in a million times."""
    found = experiment_arms(exposed(("blue", 400, 90), ("control", 200, 60)))

    assert found["split_p_value"].max() < 1e-6


def test_few_customers_get_no_test() -> None:
    """Three of ten against five of ten: shares and difference, no p."""
    found = experiment_arms(exposed(("blue", 10, 5), ("control", 10, 3)))

    assert found["p_value"].to_list() == [None, None]
    assert found["difference"].to_list() == [None, pytest.approx(0.2)]


def test_no_experiment_no_arm() -> None:
    """Most companies' events name none."""
    assert experiment_arms(exposed()).is_empty()


def test_everyone_is_looked_at_for_one_dormancy_limit(con, models) -> None:  # noqa: ANN001
    """Ada completes on the last moment, Bob after it; Cleo saw both arms; Dan came too late."""
    from tests.models.provided import give, provide  # noqa: PLC0415

    given = {
        "ordered_events": table("""
            customer_id | position | event_id | occurred_at                | touchpoint
            ada         | 1        | a1       | 2026-01-01 00:00:00.000000 | Visit site
            ada         | 2        | a2       | 2026-01-31 00:00:00.000000 | Renewed
            bob         | 1        | b1       | 2026-01-01 00:00:00.000000 | Visit site
            bob         | 2        | b2       | 2026-01-31 00:00:00.000001 | Renewed
            cleo        | 1        | c1       | 2026-01-01 00:00:00.000000 | Visit site
            cleo        | 2        | c2       | 2026-01-02 00:00:00.000000 | Visit site
            dan         | 1        | d1       | 2026-01-30 00:00:00.000001 | Visit site
        """),
        "known_events": table("""
            event_id | properties
            a1       | {"experiment":"form","variant":"control"}
            a2       | {}
            b1       | {"experiment_name":"form","variation_name":"blue"}
            b2       | {}
            c1       | {"$feature_flag":"form","$feature_flag_response":"blue"}
            c2       | {"experiment":"form","variant":"control"}
            d1       | {"experiment":"form","variant":"control"}
        """),
    }
    provide(con, {"touchpoints": table("touchpoint | outcome\nRenewed | completes")})
    for name, frame in given.items():
        give(con, models, name, frame)

    sql = (sql_folder() / "change" / "experiment_exposures.sql").read_text()
    found = con.sql(sql).pl().sort("customer_id")

    columns = ("customer_id", "is_mixed", "is_waiting", "has_completed")
    assert found.select(columns).rows() == [
        ("ada", False, False, True),
        ("bob", False, False, False),
        ("cleo", True, False, False),
        ("dan", False, True, False),
    ]
