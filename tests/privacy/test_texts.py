"""A text that names somebody erased is known by keyed hashes alone."""

import pytest

from pipeline.privacy.erasure import names
from pipeline.privacy.person import Person
from pipeline.privacy.rewording import reworded, reworded_json
from pipeline.privacy.spellings import for_python, pattern
from pipeline.privacy.texts import is_searchable, masked, names_erased
from pipeline.privacy.tombstones import Tombstones, keyed

KEY = b"a key for tests"
ADA = Person(
    (
        ("email", "ada@home.example"),
        ("user_id", "AD10001"),
        ("user_id", "42"),
        ("phone", "+447200673115"),
        ("anonymous_id", "6e943e13-b978-5465"),
        ("chat_nick", "Ada L. Ovelace"),
    ),
    (),
    (),
)
NAMING = [
    "ada@home.example",
    "to Ada@Home.example, please",
    "?to=ada%40home.example&x=1",
    '{"to":"ada\\u0040home.example"}',
    "to\\nada@home.example",
    "mailto:ada&#64;home.example",
    "order of AD10001.",
    "visits_ad10001_2026.csv",
    "cookie=6e943e13-b978-5465;",
    "call 07200 673115",
    "call +44 (7200) 673-115 now",
    "said ada l. ovelace:",
]
OTHERS = [
    "",
    "b.ada@home.example",
    "xada@home.example",
    "ada@home.example.org",
    "order of AD100012",
    "room 42",
    "6e943e13-b978-5466",
    "call 07200 673116",
    "Ada went home",
]


def stones() -> Tombstones:
    """Ada's tombstones."""
    told = names(ADA, ())
    digests = frozenset(keyed(KEY, one.kind, one.name) for one in told)
    counts = sorted({one.word_count for one in told if one.word_count})
    return Tombstones(KEY, digests, tuple(counts))


@pytest.mark.parametrize("text", NAMING)
def test_a_name_is_known_in_any_spelling(text: str) -> None:
    """Escapes, case, signs around it and national numbers hide nobody."""
    assert names_erased(text, stones())


@pytest.mark.parametrize("text", OTHERS)
def test_others_are_not_taken_for_the_person(text: str) -> None:
    """What only contains or begins like a name is another's, and a short number is a number."""
    assert not names_erased(text, stones())


@pytest.mark.parametrize("text", NAMING)
def test_an_expression_finds_what_the_hashes_know(text: str) -> None:
    """While the name is known in clear, the same spellings are found, and taken out."""
    expression = for_python(pattern(ADA.identifiers))

    found = reworded(text, expression)

    assert found is not None
    assert "[erased]" in found
    assert not names_erased(found, stones())


@pytest.mark.parametrize("text", OTHERS)
def test_an_expression_leaves_others_alone(text: str) -> None:
    """The same texts that the hashes pass by."""
    assert reworded(text, for_python(pattern(ADA.identifiers))) == text


def test_what_stands_around_a_name_stays() -> None:
    """Only the name goes."""
    expression = for_python(pattern(ADA.identifiers))

    assert reworded("ask AD10001, AD10001 or bob", expression) == "ask [erased], [erased] or bob"
    assert masked("raw/ad10001/1.csv", stones()) == "raw/[erased]/1.csv"


def test_json_stays_json() -> None:
    """A text is reworded, a number that is a name becomes null, all else stands."""
    expression = for_python(pattern((("hubspot_contact", "20000170"),)))

    told = reworded_json('{"by":20000170,"list":["a 20000170"],"n":7}', expression)

    assert told == '{"by":null,"list":["a [erased]"],"n":7}'


@pytest.mark.parametrize(
    ("value", "expected"),
    [("AD10001", True), ("1234567", False), ("12345678", True), ("ab12", False), ("ab123", True)],
)
def test_short_values_are_not_looked_for_in_texts(value: str, *, expected: bool) -> None:
    """Eight digits, or five characters with a letter: less means many other things."""
    assert is_searchable(value) is expected
