"""Which texts are held to the values that name nobody."""

import duckdb
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from pipeline.identity.nobody import marks, suspects
from pipeline.identity.policy import blocked_values, of
from pipeline.identity.tables import given, read_sql
from pipeline.settings import Company, Identity

POLICY = of(Identity(), Company(name="Larkspur", phones=("020 7183 8750",)))
TEXTS = (
    *("", " ", "-0-", "0" * 99, "000-1", "NULL", "Null", "test@test.com", "Test@Test.COM"),
    *("U10000000", "nul", "nulls", "+442071838750", "ada@example.org", "GUEST\u0130", "\u212a"),
    *POLICY.values,
)


def test_whoever_names_nobody_is_suspected() -> None:
    """In capitals, too, and where nothing but zeros, dashes and blanks is told."""
    texts = pa.array(TEXTS, pa.large_string())
    numbered = pl.DataFrame({"identifier_number": range(len(TEXTS)), "value": TEXTS})
    with (
        duckdb.connect() as con,
        given(con, blocked_values=blocked_values(POLICY), identifiers_seen=numbered),
    ):
        nobody = {number for number, _ in con.sql(read_sql("blocked_identifiers")).fetchall()}

    found = suspects(texts, marks(POLICY.values)).tolist()

    assert nobody <= set(found)
    assert found == sorted(set(found))


def test_nobody_is_suspected_for_nothing() -> None:
    """What ends otherwise or is of another length need not be read; other alphabets must."""
    texts = pa.array(["U10000000", "nul", "nulls", "ada@example.org", "\u212a"], pa.large_string())

    assert suspects(texts, marks(["null", "k"])).tolist() == [4]
    assert suspects(texts[:0], marks(["null"])).size == 0
