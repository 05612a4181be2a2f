"""Invented persons whose records are misspelt, with the truth: three kinds of register.

Nothing here knows how records are matched. Names are made of syllables, their frequencies fall
like those of real names, and households share a family name and an address.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

FAMILY = (
    *("given_name", "family_name", "birth_on", "street", "city", "postcode", "phone", "email"),
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Person = dict[str, str]


def _names(chance: random.Random, count: int) -> list[str]:
    """So many different names of two or three syllables."""
    made: dict[str, None] = {}
    while len(made) < count:
        made[
            "".join(
                chance.choice("bcdfghjklmnprstvw")
                + chance.choice(("a", "e", "i", "o", "u", "ai", "ea"))
                + chance.choice(("", "", "n", "r", "l", "s", "th"))
                for _ in range(chance.choice((2, 2, 3)))
            )
        ] = None
    return list(made)


def _pick(chance: random.Random, names: list[str]) -> str:
    """One of the names; the first are many times as common as the last."""
    return names[int(len(names) * chance.random() ** 2.5)]


def _slip(chance: random.Random, text: str) -> str:
    """One letter left out, doubled, replaced or swapped with its neighbour."""
    if len(text) < 2:
        return text
    at = chance.randrange(len(text) - 1)
    letters = LETTERS if text[at].isalpha() else "0123456789"
    return chance.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + chance.choice(letters) + text[at + 1 :],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        )
    )


def _misdate(chance: random.Random, text: str) -> str:
    """Another digit in the day, the month or the year."""
    year, month, day = text.split("-")
    return chance.choice(
        (
            f"{int(year) + chance.choice((-10, -1, 1, 10))}-{month}-{day}",
            f"{year}-{chance.randrange(1, 13):02}-{day}",
            f"{year}-{month}-{chance.randrange(1, 29):02}",
        )
    )


def _persons(chance: random.Random, count: int) -> list[Person]:
    """So many persons, three in ten of them in the household of the one before."""
    given, family = _names(chance, 300 + count // 20), _names(chance, 500 + count // 5)
    streets, towns = _names(chance, 200 + count // 3), _names(chance, 40 + count // 100)
    codes = {
        town: [f"{chance.randrange(1000, 9999)}" for _ in range(1 + count // 400)] for town in towns
    }
    found: list[Person] = []
    for number in range(count):
        town = _pick(chance, towns)
        born = date(1930, 1, 1) + timedelta(days=chance.randrange(27_000))
        one = {
            "given_name": _pick(chance, given),
            "family_name": _pick(chance, family),
            "birth_on": born.isoformat(),
            "gender": chance.choice("mf"),
            "street": f"{chance.randrange(1, 200)} {chance.choice(streets)} street",
            "city": town,
            "postcode": chance.choice(codes[town]),
            "phone": f"+44{chance.randrange(10**9, 10**10)}",
            "account": f"{chance.randrange(10**6, 10**7)}",
            "job_title": _pick(chance, given[:60]),
        }
        if found and chance.random() < 0.3:
            one |= {name: found[-1][name] for name in ("family_name", "street", "city", "postcode")}
        one["email"] = (
            f"{one['given_name']}.{one['family_name']}{number}@{chance.choice(family)}.example"
        )
        found.append(one)
    return found


def _copy(chance: random.Random, one: Person, *, slips: float, gaps: float) -> Person:
    """A record of a person: some attributes misspelt, some left out, names now and then swapped."""
    record = dict(one)
    for name, value in one.items():
        if chance.random() < slips:
            record[name] = (_misdate if name == "birth_on" else _slip)(chance, value)
        if chance.random() < gaps:
            record[name] = ""
    if chance.random() < slips / 4:
        record["given_name"], record["family_name"] = record["family_name"], record["given_name"]
    return record


def register(
    kind: str, *, persons: int, seed: int, columns: tuple[str, ...] | None = None
) -> pl.DataFrame:
    """The records of a register, in no order: `id`, `person` (the truth) and its attributes.

    Args:
        kind: `shop` (names, birthday, address, telephone, account; up to five copies), `names`
            (names and birthday in three columns; one in ten has a second record) or `parish`
            (ten records of each, few attributes, many birthdays a guess).
        persons: How many persons.
        seed: The same seed gives the same records.
        columns: The attributes, where not those usual of the kind.
    """
    chance = random.Random(seed)
    make, usual = KINDS[kind]
    rows = [
        {"person": number, **record}
        for number, one in enumerate(_persons(chance, persons))
        for record in make(chance, one)
    ]
    chance.shuffle(rows)
    frame = pl.DataFrame(rows).with_columns(pl.all().exclude("person").replace("", None))
    frame = frame.with_columns(pl.int_range(pl.len()).alias("id"))
    return frame.select("id", "person", *(columns or usual))


def families(*, persons: int, seed: int, copies: Sequence[int]) -> pl.DataFrame:
    """The records of families who share a telephone, and every other of them an e-mail address.

    Args:
        persons: How many persons.
        seed: The same seed gives the same records.
        copies: How many records a person has besides the first: one of these by chance.
    """
    chance = random.Random(seed)
    found = _persons(chance, persons)
    for before, one in pairwise(found):
        if (before["street"], before["postcode"]) == (one["street"], one["postcode"]):
            one["phone"] = before["phone"]
            one["email"] = chance.choice((one["email"], before["email"]))
    rows = [
        {"person": number, **record}
        for number, one in enumerate(found)
        for record in (
            one,
            *(_copy(chance, one, slips=0.1, gaps=0.1) for _ in range(chance.choice(copies))),
        )
    ]
    chance.shuffle(rows)
    frame = pl.DataFrame(rows).with_columns(pl.all().exclude("person").replace("", None))
    return frame.with_columns(pl.int_range(pl.len()).alias("id")).select("id", "person", *FAMILY)


def _shop(chance: random.Random, one: Person) -> list[Person]:
    """A person who often bought, with small slips in later orders."""
    copies = chance.choice((0, 0, 1, 1, 2, 4))
    return [one] + [_copy(chance, one, slips=0.2, gaps=0.1) for _ in range(copies)]


def _name_list(chance: random.Random, one: Person) -> list[Person]:
    """A person on two lists, at times with one part wrong on the second."""
    year, month, day = one["birth_on"].split("-")
    first = {**one, "by": year, "bm": month, "bd": day}
    if chance.random() > 0.1:
        return [first]
    wrong = chance.choice(("given_name", "family_name", "by", "bm", "bd"))
    return [first, {**first, wrong: _slip(chance, first[wrong])}]


def _parish(chance: random.Random, one: Person) -> list[Person]:
    """A person in many entries of a register, some of whom only look alike."""
    if chance.random() < 0.4:
        one = {**one, "birth_on": one["birth_on"][:4] + "-01-01"}
    other = {**one, "given_name": one["given_name"][:3], "city": one["job_title"] + "ton"}
    return [
        _copy(chance, one if chance.random() < 0.85 else other, slips=0.12, gaps=0.15)
        for _ in range(chance.randrange(2, 20))
    ]


KINDS: Mapping[str, tuple[Callable[[random.Random, Person], list[Person]], tuple[str, ...]]] = {
    "shop": (
        _shop,
        ("given_name", "family_name", "birth_on", "street", "city", "postcode", "phone", "account"),
    ),
    "names": (_name_list, ("given_name", "family_name", "by", "bm", "bd")),
    "parish": (
        _parish,
        ("given_name", "family_name", "birth_on", "gender", "city", "postcode", "job_title"),
    ),
}
