"""Personas: how many, whose, in what words and by which journeys, against what was planted."""

from collections.abc import Callable, Mapping

import polars as pl
import pytest

from pipeline.learned.agreement import adjusted_rand
from pipeline.learned.representatives import representatives
from pipeline.learned.traits import told, traits
from pipeline.settings import Learned
from pipeline.simulate import behaviour
from pipeline.simulate.behaviour import END, START, Behaved, Persona
from pipeline.simulate.plan import usual
from pipeline.warehouse import Model
from tests.learned.given import customer_id, learned, mapped

RunModel = Callable[..., pl.DataFrame]


def agreement(found: dict[str, pl.DataFrame], behaved: Behaved) -> float:
    """How far learned and planted personas agree."""
    planted = behaved.personas.select(customer_id(), planted="persona")
    both = found["customer_personas"].join(planted, on="customer_id")
    return adjusted_rand(both["persona"].to_numpy(), both["planted"].to_numpy())


@pytest.mark.parametrize(
    ("count", "seed"),
    [
        (400, 1),
        (800, 2),
        *(pytest.param(3_000, seed, marks=pytest.mark.long) for seed in range(3, 21)),
    ],
)
def test_planted_personas_are_found(models: Mapping[str, Model], count: int, seed: int) -> None:
    """Three of them, stable, and each customer in their own: adjusted Rand 0.8 or more."""
    behaved = behaviour.movers(behaviour.PERSONAS, count, seed)

    found = learned(models, mapped(behaved))

    model = found["learned_models"].filter(model="personas").row(0, named=True)
    assert (model["status"], model["component_count"]) == ("fitted", 3)
    assert model["stability"] >= 0.8
    assert agreement(found, behaved) >= 0.8


def test_one_behaviour_is_no_persona(models: Mapping[str, Model]) -> None:
    """Customers who all move by one chain are not parted, and that is said."""
    behaved = behaviour.movers(behaviour.PERSONAS[1:2], 500, 1)

    found = learned(models, mapped(behaved))

    for name in ("personas", "persona_traits", "persona_journeys", "customer_personas"):
        assert found[name].is_empty(), name
    model = found["learned_models"].filter(model="personas").row(0, named=True)
    assert (model["status"], model["component_count"]) == ("no separate behaviours found", 1)


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.long) for n in (2, 3, 4))])
def test_the_invented_company_has_none(models: Mapping[str, Model], seed: int) -> None:
    """All of its persons walk one planted way, for all their stages, returns and churn."""
    from tests.walked import walked  # noqa: PLC0415 - beside its one use

    events = walked(usual(1_000, 120), seed).given["ordered_events"]

    found = learned(models, events)

    model = found["learned_models"].filter(model="personas").row(0, named=True)
    assert model["status"] == "no separate behaviours found"


def test_too_few_customers_are_told_nothing(models: Mapping[str, Model]) -> None:
    """Of fewer than 100 who went a step, nothing is learned; who met one touchpoint is none."""
    behaved = behaviour.movers(behaviour.PERSONAS, 100, 1)

    model = learned(models, mapped(behaved))["learned_models"].filter(model="personas")

    went = behaved.events.group_by("person_id").len().filter(pl.col("len") > 1).height
    assert went < 100
    assert model["status"].to_list() == ["too few customers"]
    assert model["customer_count"].item() <= went


def test_who_differ_by_degrees_are_no_groups(models: Mapping[str, Model]) -> None:
    """Forty shades of one behaviour: halves of the customers cut elsewhere, nothing is told."""
    shades = tuple(
        Persona(
            str(number),
            1 / 40,
            {
                START: {"a": 0.5, "b": 0.5},
                "a": {"b": often, "c": 0.9 - often, END: 0.1},
                "b": {"a": 0.9 - often, "c": often, END: 0.1},
                "c": {"a": often, "b": 0.9 - often, END: 0.1},
            },
        )
        for number, often in enumerate(0.05 + 0.8 * shade / 39 for shade in range(40))
    )

    found = learned(models, mapped(behaviour.movers(shades, 150, 1)))

    model = found["learned_models"].filter(model="personas").row(0, named=True)
    assert model["status"] == "unstable"
    assert model["stability"] < 0.65
    assert model["component_count"] > 1
    assert found["personas"].is_empty()
    assert found["customer_personas"].is_empty()


def test_sizes_add_up_and_the_largest_comes_first(models: Mapping[str, Model]) -> None:
    """Every customer who went a step is in one persona; sizes, shares and intervals are theirs."""
    found = learned(models, mapped(behaviour.movers(behaviour.PERSONAS, 500, 3)))

    personas, customers = found["personas"], found["customer_personas"]

    assert customers["customer_id"].is_unique().all()
    assert customers["probability"].is_between(1 / 3, 1).all()
    assert personas["customer_count"].sum() == customers.height
    assert personas["customer_count"].is_sorted(descending=True)
    assert personas["customer_share"].sum() == pytest.approx(1)
    inside = pl.col("customer_share").is_between(pl.col("share_low"), pl.col("share_high"))
    assert personas.select(inside.all()).item()


def test_traits_say_what_was_planted(models: Mapping[str, Model]) -> None:
    """Readers read, talkers ask, strugglers have tickets; each with share and interval."""
    behaved = behaviour.movers(behaviour.PERSONAS, 800, 2)
    found = learned(models, mapped(behaved))
    planted = behaved.personas.select(customer_id(), planted="persona")
    named = dict(
        found["customer_personas"]
        .join(planted, on="customer_id")
        .group_by("persona")
        .agg(pl.col("planted").mode().first())
        .iter_rows()
    )

    more = found["persona_traits"].filter(pl.col("difference") > 0)
    first = {
        named[row["persona"]]: row
        for row in more.unique("persona", keep="first", maintain_order=True).iter_rows(named=True)
    }

    assert {name: row["value"] for name, row in first.items()} == {
        "readers": "Compare plans",
        "talkers": "Ask sales",
        "strugglers": "Ticket opened",
    }
    for row in first.values():
        assert row["share_low"] <= row["share"] <= row["share_high"]
        assert row["lift_low"] <= row["lift"] <= row["lift_high"]
        assert row["lift"] > 1.5
        assert row["trait"].startswith(f"meets {row['value']}: ")
        assert "of everybody" in row["trait"]
    assert all(found["personas"]["traits"])


def test_representatives_are_real_and_cover_what_they_say(models: Mapping[str, Model]) -> None:
    """Each is a journey of the persona, its path as travelled; coverage never falls with rank."""
    behaved = behaviour.movers(behaviour.PERSONAS, 500, 1)
    found = learned(models, mapped(behaved))
    shown = found["persona_journeys"]
    own = shown.join(found["customer_personas"], on="customer_id", suffix="_of_customer")

    travelled = (
        behaved.events.with_columns(customer_id())
        .filter(
            pl.col("touchpoint")
            != pl.col("touchpoint").shift(1).over("customer_id", "journey").fill_null("")
        )
        .group_by("customer_id", journey_number="journey", maintain_order=True)
        .agg(path=pl.col("touchpoint").str.join(" > "))
    )
    joined = shown.join(travelled, on=["customer_id", "journey_number"], suffix="_travelled")

    assert (own["persona"] == own["persona_of_customer"]).all()
    assert joined.height == shown.height
    assert (joined["path"] == joined["path_travelled"]).all()
    for (_,), rows in shown.group_by("persona"):
        assert rows.sort("rank")["covered_share"].is_sorted()
        assert (rows["near_count"] <= rows["compared_count"]).all()
    first = shown.filter(rank=1)
    assert (first["near_share"] == first["covered_share"]).all()


def test_order_of_rows_and_names_of_customers_change_nothing(models: Mapping[str, Model]) -> None:
    """Shuffled events of customers under other names learn the same, and so does another run."""
    events = mapped(behaviour.movers(behaviour.PERSONAS, 300, 4))
    renamed = events.sample(fraction=1, shuffle=True, seed=3).with_columns(
        customer_id=pl.format("z{}", 999_999 - pl.col("customer_id").str.slice(1).cast(pl.Int64))
    )

    one, again, other = (learned(models, frame) for frame in (events, events, renamed))

    for name, frame in one.items():
        assert frame.equals(again[name]), name
    for name in ("personas", "persona_traits", "learned_models", "learned_fits"):
        assert one[name].equals(other[name]), name


def test_a_sample_teaches_the_persona_of_everybody(models: Mapping[str, Model]) -> None:
    """Fitted on 300 of 1,200 customers, and all who went a step are told theirs."""
    behaved = behaviour.movers(behaviour.PERSONAS, 1_200, 2)

    found = learned(models, mapped(behaved), Learned(sample_customers=300))

    model = found["learned_models"].filter(model="personas").row(0, named=True)
    assert model["sample_customer_count"] == 300
    assert found["customer_personas"].height == model["customer_count"] > 1_000
    assert agreement(found, behaved) >= 0.8


def counted(*rows: tuple[int, str, str, int, int]) -> pl.DataFrame:
    """Counts of traits."""
    columns = ["persona", "factor", "value", "customer_count", "known_count"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def test_a_trait_is_a_share_against_everybody() -> None:
    """62 of 100 against 105 of 500: lift 2.95, with Wilson's interval of 52 to 71 %."""
    found = traits(
        counted(
            (1, "touchpoint", "Ask sales", 62, 100),
            (2, "touchpoint", "Ask sales", 43, 400),
        )
    )

    row = found.filter(persona=1).row(0, named=True)
    assert row["trait"] == "meets Ask sales: 62% (52 to 71%) against 21% of everybody"
    assert row["lift"] == pytest.approx(0.62 / 0.21)
    assert row["difference"] == pytest.approx(0.62 - 43 / 400)
    assert found.filter(persona=2)["trait"].to_list() == [
        "meets Ask sales: 11% (8 to 14%) against 21% of everybody"
    ]


def test_what_few_are_is_not_told() -> None:
    """A value of nine customers may tell who they are; one of ten is a trait."""
    few = counted((1, "country", "LI", 9, 60), (2, "country", "LI", 0, 400))
    enough = counted((1, "country", "LI", 10, 60), (2, "country", "LI", 0, 4_000))
    many = counted((1, "country", "LI", 40, 60), (2, "country", "LI", 10, 400))

    assert traits(few).is_empty()
    assert traits(enough).is_empty()  # less than five are to be expected in a cell
    assert traits(many)["trait"][0].startswith("country is LI: 67%")


def test_words_name_a_touchpoint_once() -> None:
    """A step between touchpoints already named, and a channel of the same people, are left out."""
    found = told(
        traits(
            counted(
                (1, "touchpoint", "A", 90, 100),
                (2, "touchpoint", "A", 50, 400),
                (1, "channel", "chat", 90, 100),
                (2, "channel", "chat", 50, 400),
                (1, "step", "A > B", 70, 100),
                (2, "step", "A > B", 40, 400),
                (1, "step", "C > B", 60, 100),
                (2, "step", "C > B", 40, 400),
            )
        )
    )

    (words,) = found.filter(persona=1)["traits"]
    assert [part.split(":")[0] for part in words.split("; ")] == [
        "meets A",
        "goes from C straight to B",
    ]


def ways(*codes: str) -> pl.DataFrame:
    """Journeys of one persona, each of its own customer."""
    return pl.DataFrame(
        {
            "persona": [1] * len(codes),
            "customer_id": [f"c{place}" for place in range(len(codes))],
            "journey_number": [1] * len(codes),
            "draw": range(1, len(codes) + 1),
            "codes": codes,
        },
        schema_overrides={"persona": pl.Int64, "journey_number": pl.Int64, "draw": pl.Int64},
    )


def test_a_journey_stands_for_those_within_a_third() -> None:
    """ABC is near itself and ABCD (a quarter), not ABXY (a half); that one is the second."""
    found = representatives(
        ways("ABC", "ABCD", "ABC", "ABXY", "XYXY"), {code: code.lower() for code in "ABCDXY"}
    )

    assert found.select("rank", "path", "near_count", "covered_share").rows() == [
        (1, "a > b > c", 3, 0.6),
        (2, "a > b > x > y", 1, 0.8),
        (3, "x > y > x > y", 1, 1.0),
    ]
    assert found["customer_id"].to_list() == ["c0", "c3", "c4"]


def test_a_journey_that_adds_little_is_not_shown() -> None:
    """Of 100 journeys, one way that 4 went is not worth a row; of 5, it is."""
    names = {code: code for code in "ABXY"}

    assert representatives(ways(*["AB"] * 96, *["XY"] * 4), names).height == 1
    assert representatives(ways(*["AB"] * 95, *["XY"] * 5), names).height == 2
