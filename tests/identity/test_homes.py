import json
import math

import numpy as np
import polars as pl
import pytest

pytest.importorskip("splink", reason="matching needs the extra `match`")
from pipeline.identity.matching import Matched, homes, match
from pipeline.identity.matching.columns import Column, columns_of, plain
from pipeline.identity.matching.model import read
from tests.identity.people import families
from tests.identity.scores import scores

ADA = Column("given_name", "given")
BORN = Column("birth_on", "date")
SURNAME = Column("family_name", "family")
STREET = Column("street", "text", place=0)
TOWN = Column("city", "text", place=2)
PHONE = Column("phone", "phone")
EMAIL = Column("email", "email")
GENDER = Column("gender", "category")
# What a model said before homes were told from persons.
OLDER = ("columns", "siblings", "settings")


@pytest.mark.parametrize(
    ("columns", "shares"),
    [
        # A street makes a home; what a family shares besides is learnt.
        (
            [ADA, BORN, SURNAME, STREET, TOWN, EMAIL, GENDER],
            {
                "a_given_name": 0.0,
                "a_birth_on": homes.TWINS,
                "a_family_name": None,
                "a_email": None,
                "a_gender": 0.0,
                "a_street": 1.0,
            },
        ),
        # So does a telephone, where no street is known.
        ([ADA, PHONE, SURNAME], {"a_given_name": 0.0, "a_phone": 1.0, "a_family_name": None}),
        # A town, a family name or an e-mail address does not.
        ([ADA, BORN, SURNAME, TOWN, EMAIL], {}),
        # Nor can persons of a home be told apart by what they share.
        ([SURNAME, STREET, PHONE], {}),
        ([SURNAME, Column("street", "code", place=0)], {}),
    ],
)
def test_a_table_shows_homes_where_it_says_who_lives_together(
    columns: list[Column], shares: dict[str, float | None]
) -> None:
    """Streets, postcodes and telephones do, if anything tells those of one home apart."""
    assert homes.shares(columns) == shares


def test_what_those_of_a_home_share_speaks_for_a_home_as_for_a_person() -> None:
    """The street counts fully, the given name not at all, the telephone as often as it does."""
    # given name, telephone, street: the odds of each for one person and against strangers.
    odds = np.array([[1 / 8, 16.0, 32.0], [8.0, 16.0, 32.0], [8.0, 1 / 4, 1 / 8]])

    found = homes.against(np.log2(odds), [0.0, 0.5, 1.0])

    assert found.tolist() == pytest.approx(
        [math.log2(8.5 * 32), math.log2(8.5 * 32), math.log2(0.625 / 8)]
    )


def test_pairs_of_a_family_are_counted_as_such() -> None:
    """Of 10,000 pairs 30 agree in all, 60 in all but the given name, half of these by telephone."""
    same, other = math.log2(200), math.log2(0.01)
    phone, no_phone = math.log2(5_000), math.log2(0.2)
    home, no_home = math.log2(2_000), math.log2(0.1)
    rows = [
        *[[same, phone, home]] * 30,
        *[[other, phone, home]] * 30,
        *[[other, no_phone, home]] * 30,
        *[[other, no_phone, no_home]] * 9_910,
    ]

    person, kin, shares = homes.learn(
        np.array(rows),
        {"given": 0.0, "phone": None, "street": 1.0},
        same=1e-4,
        pair_count=10_000,
    )

    assert person == pytest.approx(0.003, rel=0.1)
    assert kin == pytest.approx(0.006, rel=0.1)
    # A telephone differs for one person's records, too: half is a little less than was shared.
    assert shares["phone"] == pytest.approx(0.5, abs=0.15)
    assert (shares["given"], shares["street"]) == (0.0, 1.0)


@pytest.fixture(scope="module")
def once() -> Matched:
    """What matching finds among families of whom nobody stands twice."""
    return match(families(persons=260, seed=7, copies=(0,)).drop("person"))


def test_families_are_not_persons_where_nobody_stands_twice(once: Matched) -> None:
    """They share name, street, telephone and e-mail address, and stay as many as they are."""
    assert once.clusters["cluster"].n_unique() >= once.clusters.height - 2


def test_a_model_knows_homes_again(once: Matched) -> None:
    """What was learnt of homes is kept with the model; one of before has none and is read."""
    model = read(once.model)

    assert read(model.text()) == model
    assert model.kin > 0.3
    assert model.shares["a_phone"] > 0.5

    older = {name: told for name, told in json.loads(once.model).items() if name in OLDER}
    assert read(json.dumps(older)).shares == {}


@pytest.mark.parametrize(
    ("missing", "least"),
    [
        ((), 0.96),
        pytest.param(("birth_on",), 0.87, marks=pytest.mark.long),
        pytest.param(("street", "postcode", "city", "email"), 0.95, marks=pytest.mark.long),
    ],
)
def test_persons_are_found_in_families(missing: tuple[str, ...], least: float) -> None:
    """With all there is, without birthdays, and where only a telephone shows the home."""
    frame = families(persons=300, seed=7, copies=(0, 0, 1, 2)).drop(missing)

    found = match(frame.drop("person"))

    told = frame.select("id", "person").join(found.clusters, left_on="id", right_on="record")
    got = scores(told["cluster"], told["person"])
    assert got.f1 >= least
    assert got.precision >= 0.9


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("राम", "रोम"),  # the vowel is written around the consonant
        ("มานี", "มานะ"),
        ("김철수", "김철호"),
        ("Фёдор", "Фадор"),
    ],
)
def test_names_of_all_scripts_keep_their_letters(name: str, other: str) -> None:
    """Two names are not made one by leaving out what is no letter of the Latin alphabet."""
    assert plain(name) != plain(other)
    assert len(plain(name).split()) == 1


def test_gender_alone_tells_nobody_apart() -> None:
    """Every other pair of a home agrees in it."""
    frame = pl.DataFrame(
        {
            "Sex": ["f", "m", "f", "m", "f", "m"],
            "street": ["oak 1", "oak 1", "elm 2", "elm 2", "fir 3", "fir 4"],
        }
    )

    assert homes.telling(columns_of(frame)) == []
