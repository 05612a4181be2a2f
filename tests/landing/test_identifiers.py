import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing.identifiers import code, email, normalise, phone


@pytest.mark.parametrize(
    "spelling",
    [
        "ada@mail.example",
        " Ada@Mail.EXAMPLE\t",
        "<ada@mail.example>",
        "Ada Lovelace <ada@mail.example>",
        '"Lovelace, Ada" <ADA@mail.example>',
        "mailto:ada@mail.example",
        "MAILTO:ada@mail.example",
        "\ufeffada@mail.example\u200b",
    ],
)
def test_one_address_has_one_form(spelling: str) -> None:
    """Case, display name, brackets and unseen marks make no other person."""
    assert email(spelling) == "ada@mail.example"


def test_what_tells_mailboxes_apart_is_kept() -> None:
    """Dots and tags before the @ may be another mailbox: they stay."""
    assert email("ada.l+news@mail.example") == "ada.l+news@mail.example"
    assert email("ada@bücher.example") == email("ada@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@mail.example",
        "ada@mail",
        "a@b@mail.example",
        "ada@x.org, bob@x.org",
        "null",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    """Half an address, or two, name nobody."""
    assert email(text) is None


@pytest.mark.parametrize(
    "spelling",
    [
        "+44 7911 123456",
        "07911 123456",
        "07911-123-456",
        "+44 (0)7911 123456",
        "0044 7911 123456",
        "447911123456",
        "447911123456.0",
        "tel:+447911123456",
        "whatsapp:+447911123456",
        "\u202a+44 7911 123456\u202c",
    ],
)
def test_one_number_has_one_form(spelling: str) -> None:
    """National, international and a spreadsheet's spelling are one telephone."""
    assert phone(spelling, "GB") == "+447911123456"


def test_a_national_number_is_of_its_region() -> None:
    """The same digits are another telephone elsewhere."""
    assert phone("030 123456", "DE") == "+4930123456"
    assert phone("(202) 555-0100", "US") == "+12025550100"


@pytest.mark.parametrize("text", ["", "withheld", "12", "4.47911E+11", "n/a", "9" * 30])
def test_what_is_no_number_is_none(text: str) -> None:
    """A word, too few digits and a number that a spreadsheet damaged name nobody."""
    assert phone(text, "GB") is None


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("U-17850", "U-17850"),
        (" u1 ", "u1"),
        ("u1\u200b", "u1"),
        (17850, "17850"),
        (17850.0, "17850"),
        ("17850.0", "17850"),
        ("17850.5", "17850.5"),
        ("007", "007"),
        ("e\u0301", "\u00e9"),
        ("5e10", "5e10"),
    ],
)
def test_a_code_keeps_its_case_and_zeros(raw: object, normal: str) -> None:
    """Only white space, Unicode spelling and a spreadsheet's `.0` are taken away."""
    assert code(raw) == normal


@pytest.mark.parametrize("raw", ["", "  ", "\ufeff", "5.70306E+17", "5,70306E+17", "6E+05"])
def test_an_empty_or_damaged_code_is_none(raw: str) -> None:
    """An id in scientific notation has lost its last digits: it may be anybody's."""
    assert code(raw) is None


def test_each_namespace_has_its_rule() -> None:
    """`email` and `phone` go by their rules, everything else is a code, and nothing is nothing."""
    assert normalise("email", "ADA@mail.example", region="GB") == "ada@mail.example"
    assert normalise("phone", "07911123456", region="GB") == "+447911123456"
    assert normalise("user_id", "ADA", region="GB") == "ADA"
    assert normalise("email", None, region="GB") is None


@given(namespace=st.sampled_from(["email", "phone", "user_id"]), text=st.text(max_size=40))
def test_a_normal_form_is_its_own(namespace: str, text: str) -> None:
    """Normalising twice equals once, and no text whatever is an error."""
    once = normalise(namespace, text, region="GB")

    assert once is None or normalise(namespace, once, region="GB") == once
