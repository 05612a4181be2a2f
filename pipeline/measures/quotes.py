"""What customers wrote, as it may be shown: without their own names."""

import re

import polars as pl

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def stage_quotes(quotable: pl.DataFrame) -> pl.DataFrame:
    """One message of each stage.

    Args:
        quotable: The model `quotable_messages`.

    Returns:
        stage, touchpoint, occurred_at, channel, text, sentiment; one row per stage with a message
        worth reading. The text was redacted at landing and does not name its writer.
    """
    texts = [without_names(text, names) for text, names in quotable.select("text", "names").rows()]
    return quotable.drop("names").with_columns(text=pl.Series(texts, dtype=pl.String))


def without_names(text: str, names: str | None) -> str:
    """A text with `[name]` for each word of its writer's names that is written like one."""
    own = words_of(names)
    # "Will" is a name, "will" is none.
    return WORD.sub(
        lambda word: "[name]" if word[0].lower() in own and word[0][0].isupper() else word[0], text
    )


def words_of(names: str | None) -> frozenset[str]:
    """The words of somebody's names, in lower case."""
    return frozenset(word.lower() for word in WORD.findall(names or ""))
