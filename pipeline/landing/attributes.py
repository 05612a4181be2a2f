"""What a record says of a person, field by field, to attributes in normal form.

A value that says nothing (`n/a`, `test`, a birthday in 1900) is no attribute, and one that cannot
be read beyond doubt (the birthday 03/04/1990) is none either: a wrong value is worse than none.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from pipeline.landing.attribute_names import OBJECTIONS, WORDS
from pipeline.landing.clocks import Instant
from pipeline.landing.countries import country
from pipeline.landing.identifiers import UNSEEN
from pipeline.landing.record import Attribute

# A longer one is a note, not a name.
LONGEST = 200
NOBODY = frozenset(
    {
        *("n/a", "na", "n.a.", "none", "null", "nil", "nan", "undefined", "unknown", "not known"),
        *("not provided", "not given", "not set", "not specified", "no name", "noname", "blank"),
        *("empty", "(blank)", "(empty)", "[blank]", "missing", "tbd", "tba", "test", "test test"),
        *("tester", "testuser", "test user", "user", "guest", "anonymous", "customer", "visitor"),
        *("asdf", "qwerty", "abc", "xxx", "xx", "x", "firstname", "lastname", "first name"),
        *("last name", "name", "your name", "company", "unbekannt", "keine angabe", "k.a."),
        *("[email]", "[phone]", "redacted", "deleted", "deleted user", "gelöscht"),
    }
)
# What salespeople write where a form asks for the company of a private person.
NO_COMPANY = frozenset(
    {"private", "privat", "individual", "self", "self employed", "self-employed", "person", "me"}
)
# Letters that mean something in other attributes: the sex of a passport.
MEANT = {"gender": {"x"}, "country": {"na"}}
GENDERS = {
    **dict.fromkeys(("m", "male", "man", "mr", "mann", "männlich", "herr", "homme"), "male"),
    **dict.fromkeys(
        ("f", "w", "female", "woman", "mrs", "ms", "miss", "frau", "weiblich", "femme"), "female"
    ),
    **dict.fromkeys(("x", "d", "other", "diverse", "divers", "non-binary", "nonbinary"), "other"),
}
LANGUAGES = {
    **dict.fromkeys(("english", "englisch", "anglais", "inglés"), "en"),
    **dict.fromkeys(("german", "deutsch", "allemand", "alemán"), "de"),
    **dict.fromkeys(("french", "français", "französisch", "francés"), "fr"),
    **dict.fromkeys(("spanish", "español", "spanisch", "espagnol"), "es"),
    **dict.fromkeys(("italian", "italiano", "italienisch", "italien"), "it"),
    **dict.fromkeys(("dutch", "nederlands", "niederländisch"), "nl"),
    **dict.fromkeys(("portuguese", "português", "portugiesisch"), "pt"),
    **dict.fromkeys(("polish", "polski", "polnisch"), "pl"),
}
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-_]+)?(?:\.utf-?8)?", re.IGNORECASE)
GIVEN = frozenset(
    {
        *("true", "1", "1.0", "yes", "y", "t", "on", "given", "granted", "accepted", "opted in"),
        *("opt-in", "optin", "opted_in", "subscribed", "ja", "oui", "sí", "si", "allowed"),
    }
)
WITHDRAWN = frozenset(
    {
        *("false", "0", "0.0", "no", "n", "f", "off", "withdrawn", "denied", "revoked", "refused"),
        *("opted out", "opt-out", "optout", "opted_out", "unsubscribed", "no_consent", "nein"),
        *("non", "archived", "donotallow", "do not allow"),
    }
)
ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ].*)?")
# A date in numbers, day or month first.
NUMERIC_DAY = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})")
# Eight digits without a mark: a year first or last shows by itself, since no month is 19 or 20.
BARE_DAY = re.compile(r"\d{8}")
# What forms and databases put in where no birthday was given.
NO_BIRTHDAYS = {date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2000, 1, 1)}
NAMES = {"full_name", "given_name", "family_name", "gender", "city", "country", "job_title"}
# An address or a company may be an object of its own.
INNER = {
    "address": frozenset({"street", "city", "postcode", "region", "country"}),
    "location": frozenset({"street", "city", "postcode", "region", "country"}),
    "company": frozenset({"company"}),
}


@lru_cache(maxsize=10_000)
def compact(field: str) -> str:
    """A field's letters and digits alone, in lower case."""
    return re.sub(r"[\W_]+", "", field.casefold()).removeprefix("property")


def attributes(
    given: Iterable[tuple[str, Any]], *, stated: Instant | None = None
) -> tuple[Attribute, ...]:
    """The attributes that a person's fields hold: for each the first value that says something.

    A full name is put together from its parts where only these are given.

    Args:
        given: Field and value.
        stated: When this was so, where it is another instant than the event's.
    """
    found: dict[str, str] = {}
    for field, raw in given:
        name = compact(field)
        if isinstance(raw, Mapping):
            _inner(found, INNER.get(name, frozenset()), raw)
        elif (attribute := WORDS.get(name)) is not None:
            _keep(found, attribute, value(attribute, raw))
        elif (attribute := OBJECTIONS.get(name)) is not None:
            _keep(found, attribute, objection(raw))
    return told(found, stated=stated)


def told(found: Mapping[str, str], *, stated: Instant | None = None) -> tuple[Attribute, ...]:
    """Attribute -> value as attributes, with the full name that its parts give."""
    names = dict(found)
    if "full_name" not in names and {"given_name", "family_name"} <= names.keys():
        names["full_name"] = f"{names['given_name']} {names['family_name']}"
    at = None if stated is None else stated.us
    return tuple(Attribute(name, value, at) for name, value in sorted(names.items()))


def _inner(found: dict[str, str], wanted: frozenset[str], given: Mapping[str, Any]) -> None:
    """Keep what an object of a person's says: an address, the company."""
    for field, raw in given.items():
        attribute = WORDS.get(compact(field))
        if wanted == {"company"}:
            # A company's own name; its address is not the person's.
            attribute = "company" if attribute in {"full_name", "company"} else None
        if attribute in wanted:
            _keep(found, str(attribute), value(str(attribute), raw))


def _keep(found: dict[str, str], attribute: str, normal: str | None) -> None:
    if normal is not None:
        found.setdefault(attribute, normal)


def objection(raw: Any) -> str | None:
    """`withdrawn` where somebody objects; that somebody does not object is no consent."""
    return "withdrawn" if str(raw).strip().casefold() in GIVEN else None


def value(attribute: str, raw: Any) -> str | None:
    """An attribute's normal form; None where the value says nothing or can be read two ways."""
    if raw is None or isinstance(raw, Mapping | list):
        return None
    return _normal(attribute, raw.isoformat() if isinstance(raw, date) else str(raw))


@lru_cache(maxsize=100_000)
def _normal(attribute: str, raw: str) -> str | None:
    """The normal form of a text."""
    text = " ".join(unicodedata.normalize("NFC", raw).strip(UNSEEN).split())
    word = text.casefold()
    if attribute.startswith("consent_"):
        return "given" if word in GIVEN else "withdrawn" if word in WITHDRAWN else None
    if len(text) > LONGEST or not any(letter.isalnum() for letter in text):
        return None
    if word in NOBODY and word not in MEANT.get(attribute, ()):
        return None
    if attribute == "company" and word in NO_COMPANY:
        return None
    if attribute in NAMES and ("@" in text or not any(letter.isalpha() for letter in text)):
        # Tools put the address or the number where no name was given.
        return None
    forms: Mapping[str, Callable[[str], str | None]] = {
        "birth_on": birthday,
        "gender": lambda text: GENDERS.get(text.casefold().rstrip("."), text.casefold()),
        "country": country,
        "language": _language,
        "postcode": str.upper,
    }
    return forms.get(attribute, str)(text)


def birthday(text: str) -> str | None:
    """A birthday as YYYY-MM-DD; None where day and month could be taken for one another."""
    if match := ISO_DAY.fullmatch(text):
        readings = {_day(match[1], match[2], match[3])}
    elif match := NUMERIC_DAY.fullmatch(text):
        readings = {_day(match[4], match[3], match[1]), _day(match[4], match[1], match[3])}
    elif BARE_DAY.fullmatch(text):
        readings = {
            _day(text[:4], text[4:6], text[6:]),
            _day(text[4:], text[2:4], text[:2]),
            _day(text[4:], text[:2], text[2:4]),
        }
    else:
        return None
    days = [day for day in readings if day is not None and 1900 <= day.year < 2100]
    if len(days) != 1 or days[0] in NO_BIRTHDAYS:
        return None
    return days[0].isoformat()


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _language(text: str) -> str | None:
    """The language's letters, without country or script; None where it is no language."""
    if (named := LANGUAGES.get(text.casefold())) is not None:
        return named
    match = LANGUAGE.fullmatch(text)
    return match[1].lower() if match else None
