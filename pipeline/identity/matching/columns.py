"""What each attribute column holds, told by its name and, failing that, by its values.

The set-up of a model follows from this alone, so that any table of persons can be matched.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal[
    "given", "family", "full", "date", "email", "phone", "postcode", "text", "code", "category"
]

# Names that columns of persons go by, in Wend's own tables and in other people's.
KNOWN: tuple[tuple[str, Kind], ...] = (
    (r"given_?names?|first_?names?|forenames?\w*|given|first|fname\w*", "given"),
    (r"family_?names?|last_?names?|surnames?|family|last|lname\w*|sname", "family"),
    (r"full_?names?|names?|person_?name|customer_?name", "full"),
    (r"birth_(on|date|day)|birth(day|date)|dob|date_of_birth|born_on", "date"),
    (r"e?_?mails?|email_?address|mail_?address", "email"),
    (r"\w*phones?\w*|mobile\w*|tel|cell", "phone"),
    (r"post_?code\w*|zip(_?code)?|postal_?code|eircode", "postcode"),
    (r"gender|sex|language|country|consent_\w+", "category"),
)
# Columns that say where somebody lives, finest first. They are one piece of evidence: who shares
# a street and a postcode shares a home, and is not twice as likely to be the same person.
PLACES = (
    r"street(_?(name|address))?|address(_?(line_?)?\d)?|addr|road",
    r"post_?code\w*|zip(_?code)?|postal_?code|eircode",
    r"suburb|city|town|municipality|place",
    r"region|state|county|province",
    r"country",
)


@dataclass(frozen=True, slots=True)
class Column:
    """One attribute that can tell persons apart.

    Attributes:
        name: Of the column in the table it was read from.
        place: Its scale among columns that say where somebody lives, -1 for all others.
    """

    name: str
    kind: Kind
    place: int = -1

    @property
    def slug(self) -> str:
        """The name as one that any database takes."""
        return "a_" + re.sub(r"\W", "_", self.name.lower())


def plain(text: str) -> str:
    """A name or a word in lower case, without accents, marks and double blanks.

    The vowels that Indian and Thai scripts write around a consonant are letters of the word.
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(
        one if one.isalnum() or unicodedata.category(one) in {"Mn", "Mc"} else " "
        for one in bare
        if not unicodedata.combining(one)
    )
    return " ".join(kept.split())


def columns_of(frame: pl.DataFrame) -> tuple[Column, ...]:
    """The columns of a table of persons that are filled and not the same for everybody."""
    found = []
    for series in frame.get_columns():
        texts = series.cast(pl.String).str.strip_chars()
        texts = texts.filter(texts.is_not_null() & (texts != ""))
        if texts.n_unique() < 2:
            continue
        name = re.sub(r"\W+", "_", series.name.strip().lower())
        place = next((n for n, known in enumerate(PLACES) if re.fullmatch(known, name)), -1)
        said = next((kind for known, kind in KNOWN if re.fullmatch(known, name)), None)
        found.append(Column(series.name, said or _by_values(texts), place))
    return tuple(found)


def _by_values(texts: pl.Series) -> Kind:
    """The kind that nine in ten values have the form of."""
    if texts.str.contains(r"^\S+@\S+$").mean() > 0.9:  # type: ignore[operator]
        return "email"
    if texts.str.contains(r"^(1[5-9]|20)\d\d-?(0[1-9]|1[0-2])-?[0-3]\d([ T].*)?$").mean() > 0.9:  # type: ignore[operator]
        return "date"
    distinct = texts.n_unique()
    # A value that hundreds share sorts people, it does not name them.
    if distinct <= 40 and distinct * 5 <= len(texts):
        return "category"
    if texts.str.contains(r"\d{3}").mean() > 0.9:  # type: ignore[operator]
        return "code"
    return "text"
