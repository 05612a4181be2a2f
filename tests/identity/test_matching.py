import csv
import re
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.errors import BadSettings
from pipeline.identity.matching import Matched, match, nightly, refinement, review
from pipeline.identity.matching.columns import columns_of
from pipeline.identity.matching.refinement import Weighed
from tests.identity.people import register
from tests.identity.scores import Scores, scores
from tests.tables import table

pytest.importorskip("splink", reason="matching needs the extra `match`")
FAKE_1000 = Path(__file__).parents[3] / "shared" / "data" / "identity_fake_1000" / "fake_1000.csv"


def scored(frame: pl.DataFrame) -> Scores:
    """How well the matching of a register agrees with its column `person`."""
    found = match(frame.drop("person"))
    told = frame.select("id", "person").join(found.clusters, left_on="id", right_on="record")
    return scores(told["cluster"], told["person"])


@pytest.fixture(scope="module")
def small() -> pl.DataFrame:
    """The records of 120 persons by name, birthday and postcode."""
    return register(
        "shop",
        persons=120,
        seed=3,
        columns=("given_name", "family_name", "birth_on", "postcode"),
    )


@pytest.fixture(scope="module")
def small_matched(small: pl.DataFrame) -> Matched:
    """What matching them finds."""
    return match(small.drop("person"))


@pytest.mark.skipif(not FAKE_1000.is_file(), reason="the public set is not on this machine")
def test_a_public_set_is_matched_as_well_as_promised() -> None:
    """Splink's fake_1000, whose names, birthdays and e-mails are misspelt: F1 at least 0.935."""
    frame = pl.read_csv(FAKE_1000, infer_schema=False)

    found = scored(frame.rename({"unique_id": "id", "cluster": "person"}))

    assert found.f1 >= 0.935
    assert found.largest <= 12


# The same set-up for registers that differ in what they say and how often people stand in them.
@pytest.mark.parametrize(
    ("kind", "persons", "columns", "least"),
    [
        ("shop", 1_000, None, 0.98),
        ("shop", 1_000, ("given_name", "family_name", "birth_on", "postcode"), 0.92),
        ("shop", 1_000, ("given_name", "family_name", "birth_on"), 0.87),
        ("shop", 1_000, ("given_name", "family_name", "email", "city"), 0.90),
        ("names", 3_000, None, 0.93),
        pytest.param("parish", 150, None, 0.93, marks=pytest.mark.long),
    ],
)
def test_registers_of_all_kinds_are_matched_without_a_set_up(
    kind: str, persons: int, columns: tuple[str, ...] | None, least: float
) -> None:
    """No address, no e-mail, birthdays in three columns, twenty records each: F1 stays high."""
    found = scored(register(kind, persons=persons, seed=11, columns=columns))

    assert found.f1 >= least
    assert found.largest <= 40


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(None, marks=pytest.mark.long),
        ("given_name", "family_name", "birth_on", "postcode"),
    ],
)
def test_households_are_not_persons_where_nobody_stands_twice(
    columns: tuple[str, ...] | None,
) -> None:
    """What is learnt is who is one person, not who shares a name and a home."""
    once = register("shop", persons=600, seed=8, columns=columns).unique("person").sort("id")

    assert scored(once).b3 >= 0.999


@pytest.mark.long
def test_a_large_register_with_households_does_not_run_together() -> None:
    """Of 45,000 records a third live in households that share name and address."""
    found = scored(register("shop", persons=20_000, seed=5))

    assert found.precision >= 0.97
    assert found.recall >= 0.97
    assert found.largest <= 20


def test_the_order_of_rows_changes_nothing(small: pl.DataFrame, small_matched: Matched) -> None:
    """Records are numbered by their ids, whichever came first."""
    turned = match(small.drop("person").sample(fraction=1, shuffle=True, seed=9))

    assert turned.model == small_matched.model
    assert_frame_equal(turned.clusters, small_matched.clusters)
    assert_frame_equal(turned.pairs, small_matched.pairs)


def test_the_order_and_names_of_columns_change_no_cluster(
    small: pl.DataFrame, small_matched: Matched
) -> None:
    """A column is known by what it is called in any common way."""
    other = small.drop("person").rename(
        {"given_name": "First Name", "family_name": "surname", "birth_on": "dob"}
    )

    found = match(other.select(reversed(other.columns)))

    assert_frame_equal(found.clusters, small_matched.clusters)


def test_a_model_matches_again_what_it_matched(small: pl.DataFrame, small_matched: Matched) -> None:
    """A night on which nothing was added finds what the last one found."""
    again = match(small.drop("person"), model=small_matched.model)

    assert_frame_equal(again.clusters, small_matched.clusters)
    assert_frame_equal(again.pairs, small_matched.pairs)


def test_a_model_serves_a_table_that_lacks_a_column(
    small: pl.DataFrame, small_matched: Matched
) -> None:
    """What a table does not say counts neither way."""
    found = match(small.drop("person", "postcode"), model=small_matched.model)

    assert found.clusters["cluster"].n_unique() >= small_matched.clusters["cluster"].n_unique()


def test_neither_model_nor_features_hold_a_value(
    small: pl.DataFrame, small_matched: Matched
) -> None:
    """A model outlives the erasure of anybody who was in what it learnt from."""
    told = small_matched.model + " ".join(small_matched.pairs["features"])
    words = set(re.findall(r"[\w-]+", told))

    for name in ("given_name", "family_name", "birth_on"):
        assert words.isdisjoint(small[name].drop_nulls().to_list())


def test_nothing_of_the_records_is_logged(
    small: pl.DataFrame, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Splink is talkative; what it says of persons is not heard."""
    with caplog.at_level(1):
        match(small.drop("person").head(150))

    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_a_table_too_small_to_learn_from_is_still_answered(small: pl.DataFrame, count: int) -> None:
    """Where no lesson can be had, usual values stand in, and nobody is lost."""
    few = small.drop("person").sort("id").head(count)

    found = match(few)

    assert found.clusters["record"].to_list() == few["id"].to_list()


def test_a_full_name_serves_as_both_names(small: pl.DataFrame) -> None:
    """A table with one column of names is matched by the first and the last word of it."""
    names = pl.concat_str("given_name", "family_name", separator=" ", ignore_nulls=True)
    frame = small.with_columns(names.alias("name")).drop("given_name", "family_name")

    assert scored(frame).f1 >= 0.9


def test_ids_must_be_unique() -> None:
    """Two rows of one id cannot be told apart in the answer."""
    frame = table("""
        id | given_name
        1  | ada
        1  | bob
    """)

    with pytest.raises(BadSettings, match="stands twice"):
        match(frame)


def test_without_splink_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, small: pl.DataFrame
) -> None:
    """The extra is asked for by name."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(BadSettings, match=r"pip install 'wend\[match\]'"):
        match(small.drop("person"))


def test_splink_is_not_imported_until_it_is_needed() -> None:
    """Everything works without it: the nightly step imports it only when it is configured."""
    source = Path(nightly.__file__).read_text(encoding="utf-8")

    assert "import splink" not in source
    assert re.findall(r"^from splink|^import splink", source, re.MULTILINE) == []


def test_columns_are_known_by_name_or_by_their_values() -> None:
    """A column of an unknown name is what nine in ten of its values look like."""
    frame = pl.DataFrame(
        {
            "surname": ["Byron", "Hopper", "Lovelace", "Noether", "Curie", "Meitner"],
            "born": ["1815-12-10", "1906-12-09", "1815-12-10", "1882-03-23", "1867-11-07", None],
            "contact": ["a@x.org", "g@x.org", "al@x.org", "e@x.org", "m@x.org", "l@x.org"],
            "always": ["yes"] * 6,
        }
    )

    assert {one.name: one.kind for one in columns_of(frame)} == {
        "surname": "family",
        "born": "date",
        "contact": "email",
    }


def test_a_chain_of_likeness_is_broken_where_its_ends_are_strangers() -> None:
    """Ada is like ad, ad is like al, al like alan; ada and alan are not one person."""
    pairs = Weighed(
        left=np.array([0, 1, 2, 0, 0, 1]),
        right=np.array([1, 2, 3, 2, 3, 3]),
        weight=np.array([9.0, 2.0, 9.0, -5.0, -5.0, -5.0]),
    )

    assert refinement.grouped(4, pairs, least=0, unseen=-5.0).tolist() == [0, 0, 2, 2]


WEIGHED = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1]),
    st.floats(-5, 15).map(lambda weight: round(weight, 2)),
    min_size=1,
)


@given(weights=WEIGHED, least=st.sampled_from([0.0, 2.0]), turn=st.randoms())
def test_groups_rest_on_pairs_above_the_limit(
    weights: dict[tuple[int, int], float], least: float, turn: object
) -> None:
    """No group is larger than the chain it is cut from, and the order of pairs is no matter."""
    rows = sorted(weights.items())
    shuffled = list(rows)
    turn.shuffle(shuffled)  # type: ignore[attr-defined]

    def grouped(given: list[tuple[tuple[int, int], float]]) -> list[int]:
        pairs = Weighed(
            np.array([pair[0] for pair, _ in given]),
            np.array([pair[1] for pair, _ in given]),
            np.array([weight for _, weight in given]),
        )
        return refinement.grouped(10, pairs, least=least, unseen=-5.0).tolist()

    found = grouped(rows)

    assert grouped(shuffled) == found
    for one, group in enumerate(found):
        assert found[group] == group <= one
        if group != one:
            assert any(weight > least and one in pair for pair, weight in rows)


REVIEW_PAIRS = pl.DataFrame(
    {
        "left_customer_id": ["c1"],
        "right_customer_id": ["c2"],
        "left_identifier": ["user_id:1"],
        "right_identifier": ["user_id:2"],
        "probability": [0.6],
        "features": ["similar email"],
    }
)


def test_the_review_file_shows_no_value_in_clear(tmp_path: Path) -> None:
    """Enough is left of each value for a person to see whether two are alike."""
    said = table("""
        customer_id | given_name | email            | birth_on
        c1          | Ada        | ada@example.org  | 1815-12-10
        c2          | Adah       | adah@example.org | 1815-12-11
    """)

    review.write(REVIEW_PAIRS, said, tmp_path)

    lines = (tmp_path / "match_review.csv").read_text(encoding="utf-8").splitlines()
    (row,) = csv.DictReader(lines)
    assert row["left"] == "given_name A***a; email a***a@example.org; birth_on 1815-**-10"
    assert row["decision"] == ""
    assert row["pair"] == review.reference("user_id:2", "user_id:1")


def test_decisions_are_taken_into_identity_links(tmp_path: Path) -> None:
    """Same becomes force, different becomes veto, nothing stays open."""
    file = tmp_path / "match_review.csv"
    pair = review.reference("user_id:1", "user_id:2")
    header = "pair,probability,what_speaks,left,right,decision\n"
    file.write_text(f"{header}{pair},0.6,similar email,a,b,Different\n", encoding="utf-8")

    count = review.take(
        file, project=tmp_path, pairs=REVIEW_PAIRS, decided_by="bob", on=date(2026, 3, 1)
    )

    assert count == 1
    assert (tmp_path / "identity_links.csv").read_text(encoding="utf-8").splitlines() == [
        "rule,left,right,decided_by,decided_on,why",
        'veto,user_id:1,user_id:2,bob,2026-03-01,"reviewed, 0.6: similar email"',
    ]


def test_an_unknown_decision_takes_nothing(tmp_path: Path) -> None:
    """The line is named, and identity_links.csv is not touched."""
    file = tmp_path / "match_review.csv"
    header = "pair,probability,what_speaks,left,right,decision\n"
    file.write_text(f"{header}p1,0.6,x,a,b,maybe\n", encoding="utf-8")

    with pytest.raises(BadSettings, match=r"match_review.csv:2: decision is 'maybe'"):
        review.take(
            file, project=tmp_path, pairs=REVIEW_PAIRS, decided_by="bob", on=date(2026, 3, 1)
        )

    assert not (tmp_path / "identity_links.csv").exists()
