"""Codes of stages and touchpoints."""

import duckdb
import polars as pl
import pytest

from pipeline.errors import BadSettings
from pipeline.paths.codes import ALPHABET, path_codes

STAGES = pl.DataFrame({"stage": ["Look", "Buy"]})


def catalogue(count: int) -> pl.DataFrame:
    """So many touchpoints."""
    return pl.DataFrame({"touchpoint": [f"t{n}" for n in range(count)], "stage": ["Look"] * count})


def test_every_name_has_a_code_of_its_own() -> None:
    """Stages and touchpoints apart: a code is looked up by its grain."""
    codes = path_codes(STAGES, catalogue(500))

    assert codes.filter(grain="touchpoint")["code"].n_unique() == 500
    assert codes.filter(grain="stage").rows() == [
        ("stage", "Look", "A", "Look"),
        ("stage", "Buy", "B", "Buy"),
    ]


def test_each_code_is_one_character_to_the_engine_and_means_nothing_in_a_class() -> None:
    """Length, place, substring and regular expressions count it as one, in classes as well."""
    alphabet = "".join(ALPHABET[:5000])
    with duckdb.connect() as con:
        rows = con.execute(
            "select length(w), strpos(w, w[4001]), substr(w, 4001, 1), "
            "regexp_full_match(w, '[' || w || ']+'), regexp_matches('-^]\\', '[' || w || ']') "
            "from (select ? as w)",
            [alphabet],
        ).fetchall()

    assert rows == [(5000, 4001, ALPHABET[4000], True, False)]


def test_a_catalogue_past_all_codes_is_refused() -> None:
    """Rather than two touchpoints that look alike."""
    with pytest.raises(BadSettings, match="can tell"):
        path_codes(STAGES, catalogue(len(ALPHABET) + 1))
