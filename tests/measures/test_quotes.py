"""Quotes: what a customer wrote, without who wrote it."""

import pytest

from pipeline.measures.quotes import stage_quotes, without_names
from tests.tables import table


@pytest.mark.parametrize(
    ("text", "names", "kept"),
    [
        ("Call me back. Ada Lovelace", "Ada Lovelace", "Call me back. [name] [name]"),
        ("I will not pay, Will Smith", "Will Smith", "I will not pay, [name] [name]"),
        ("Regards, ADA", "Ada", "Regards, [name]"),
        ("Sinéad O'Brien here", "Sinéad O'Brien", "[name] [name] here"),
        ("Adam never came", "Ada", "Adam never came"),
        ("Nobody came", None, "Nobody came"),
    ],
)
def test_a_quote_does_not_name_its_writer(text: str, names: str | None, kept: str) -> None:
    """Whole words alone, and only where they are written like a name."""
    assert without_names(text, names) == kept


def test_a_stage_is_quoted_without_a_name() -> None:
    """The names that told what to leave out are not published either."""
    found = stage_quotes(
        table("""
            stage | text                    | names
            Use   | Never again! Yours, Ada | Ada Lovelace
            Buy   | Quick and kind          |
        """)
    )

    assert found.rows() == [("Use", "Never again! Yours, [name]"), ("Buy", "Quick and kind")]
