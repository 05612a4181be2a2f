"""What a spreadsheet does to a column of ids: seen in the column as a whole, told loudly.

A spreadsheet opens a CSV, takes ids for numbers or words, and writes back others:
- `5.70306E+17`: digits are gone for good.
- `570306123456789000`: beyond 15 digits everything is a nought.
- `00123` became `123`: where wend.toml says how wide the ids are, the loss shows.
- `0031g00000q9jpq`: a lookup made one case of a 15-character Salesforce id, in which case tells
  records apart. The 18-character form has a checksum and is checked by its reader.
- `17850.0`: nothing is lost; the `.0` is taken off, as `identifiers.code` does.

One damaged id in a column is refused with its record. A damaged column refuses its file: at least
three values are damaged, and at least one in twenty. Others of its ids may look sound and be none.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import SourceRefused
from pipeline.landing.identifiers import WHOLE_FLOAT, is_damaged
from pipeline.landing.record import Raw

LEAST, ONE_IN = 3, 20
AGAIN = "export it again with the column as text, without a spreadsheet in between"
# Objects of Salesforce whose ids customers' events bear, by their first three characters.
SALESFORCE = re.compile(r"(?:00[1356qtukv]|0wo|500|701|a[0-9a-z]{2})[0-9a-z]{12}", re.IGNORECASE)
LONG_NUMBER = re.compile(r"\d{16,25}", re.ASCII)
# So many different values of a suspicious form are kept as evidence.
KEPT = 20

Take = Callable[[Mapping[str, Any]], object]


@dataclass(slots=True)
class Tally:
    """What the ids of one column were like, counted while they are read.

    Attributes:
        width: How many digits each id should have, where wend.toml says it.
        lost: Values whose digits are gone, and the first of them.
        short: Values of fewer digits than `width`, and the first of them.
        rounded: Values past 15 digits, where all have noughts there; None once one has not.
        caseless: Ids of Salesforce's short form, all of one object and one case; None once an id
            is not.
    """

    width: int | None = None
    filled: int = 0
    lost: int = 0
    lost_example: str = ""
    short: int = 0
    short_example: str = ""
    long: int = 0
    rounded: set[str] | None = field(default_factory=set)
    caseless: set[str] | None = field(default_factory=set)

    def add(self, value: object) -> None:
        """Count one cell; an empty one is none."""
        text = value.strip() if isinstance(value, str) else "" if value is None else str(value)
        if not text:
            return
        self.filled += 1
        if self.width is not None and len(text) < self.width and text.isdigit():
            self.short += 1
            self.short_example = self.short_example or text
        if len(text) < 15 and text.isalnum():
            self.caseless = None
            return
        if is_damaged(text):
            self.lost += 1
            self.lost_example = self.lost_example or text
        if self.rounded is not None:
            self._round(text)
        if self.caseless is not None:
            self._case(text)

    def _round(self, text: str) -> None:
        whole = WHOLE_FLOAT.fullmatch(text)
        digits = whole[1] if whole else text
        if not LONG_NUMBER.fullmatch(digits):
            return
        self.long += 1
        if digits[15:].strip("0"):
            self.rounded = None
        elif self.rounded is not None and len(self.rounded) < KEPT:
            self.rounded.add(digits)

    def _case(self, text: str) -> None:
        assert self.caseless is not None
        one_case = text in {text.lower(), text.upper()}
        kin = next(iter(self.caseless), text)
        same_case = kin.islower() == text.islower() or kin.isdigit() or text.isdigit()
        if not (one_case and same_case and SALESFORCE.fullmatch(text) and kin[:3] == text[:3]):
            self.caseless = None
        elif len(self.caseless) < KEPT:
            self.caseless.add(text)


def damage(tally: Tally) -> str | None:
    """What is wrong with a column as a whole, with an example; None when nothing is."""

    def is_many(count: int) -> bool:
        return count >= LEAST and count * ONE_IN >= tally.filled

    if is_many(tally.lost):
        said = f"{tally.lost} of {tally.filled} ids such as {tally.lost_example}"
        return f"{said} have lost their digits"
    if is_many(tally.short):
        said = f"{tally.short} of {tally.filled} ids such as {tally.short_example}"
        return f"{said} have fewer than {tally.width} digits: their leading noughts are lost"
    rounded = sorted(tally.rounded or ())
    # Nine digits that are all noughts by chance: one in 10^9.
    if is_many(tally.long) and sum(len(digits) - 15 for digits in rounded) >= 9:
        return f"all long ids, such as {rounded[0]}, have nothing but noughts past 15 digits"
    caseless = sorted(tally.caseless or ())
    # Twenty letters that are all of one case by chance: one in 10^6.
    if sum(sum(map(str.isalpha, text)) for text in caseless) >= 20:
        return (
            f"all are Salesforce ids of 15 characters in one case, such as {caseless[0]}: "
            "without their case they name other records"
        )
    return None


def sound(
    where: str, rows: Iterable[Raw], takes: Mapping[str, Take], widths: Mapping[str, int]
) -> Iterator[Raw]:
    """The rows of a file, refused at their end if one of its columns of ids is damaged.

    Args:
        where: The file, for the message.
        rows: `value` maps column to cell.
        takes: Column of ids -> what takes its cell from a row.
        widths: Column -> how many digits its ids have, where that is known.

    Raises:
        SourceRefused: Names the column, an example and what to do.
    """
    tallies = {name: Tally(width=widths.get(name)) for name in takes}
    counts = [(tallies[name].add, take) for name, take in takes.items()]
    for raw in rows:
        if raw.problem is None:
            for add, take in counts:
                add(take(raw.value))
        yield raw
    for name, tally in tallies.items():
        if found := damage(tally):
            raise SourceRefused(
                f"{where}: a spreadsheet has damaged column {name}: {found}; {AGAIN}, "
                f"or if its ids really are so, add {name} to sound_ids of this source"
            )
