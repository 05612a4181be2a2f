import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.errors import SourceRefused
from pipeline.landing.id_columns import sound
from pipeline.landing.identifiers import code, email, is_plain, normalise, phone
from pipeline.landing.record import Raw


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


@pytest.mark.parametrize(
    "raw",
    ["", "  ", "\ufeff", "5.70306E+17", "5,70306E+17", "6E+05", "5.70306E17", 5.7e17, 2.0**53],
)
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


def kept(values: list[object], width: int | None = None) -> int:
    """How many rows with these ids pass; the file may be refused."""
    rows = (Raw(number, "", {"ref": value}) for number, value in enumerate(values, start=1))
    widths = {} if width is None else {"ref": width}
    return len(list(sound("f.csv", rows, {"ref": lambda row: row["ref"]}, widths)))


@pytest.mark.parametrize(
    ("values", "width", "reason"),
    [
        (["5.70306E+17", "5.70307E+17", "123456", "5.7E+17"], None, "3 of 4 ids such as 5.70306E"),
        ([5.70306e17] * 3, None, "have lost their digits"),
        (["9007199254740993.0"] * 3, None, "have lost their digits"),
        (["123", "4567", "12", "00012345"], 8, "3 of 4 ids such as 123 have fewer than 8 digits"),
        (
            ["570306123456789000", "570306123456788000", "570306123456787000", "12"],
            None,
            "nothing but noughts past 15 digits",
        ),
        (
            ["0031g00000q9jpq", "0031g00000r8kdx", "0031g00000zzkep", "0031g00000abcde"],
            None,
            "Salesforce ids of 15 characters in one case",
        ),
        (
            ["0031G00000Q9JPQ", "0031G00000R8KDX", "0031G00000ZZKEP", "0031G00000ABCDE"],
            None,
            "Salesforce ids of 15 characters in one case",
        ),
    ],
)
def test_a_damaged_column_refuses_its_file(
    values: list[object], width: int | None, reason: str
) -> None:
    """The message names the column, an example, and what to do."""
    with pytest.raises(SourceRefused, match=rf"f\.csv: .*column ref: .*{reason}.*as text"):
        kept(values, width)


@pytest.mark.parametrize(
    ("values", "width"),
    [
        (["17850.0", "13047.0", "12583.0", "13748.0"], None),
        (["5.70306E+17", *map(str, range(100))], None),
        (["1", "22", "333", "4444"], None),
        (["12345678", "00000001", "x1", ""], 8),
        (["570306123456789000", "570306123456788123", "570306123456787001"], None),
        (["0031G00000q9jPQ", "0031g00000r8kdx", "0031g00000zzkep"], None),
        (["0031g00000q9jpq"] * 50, None),
        (["0031g00000q9jpq", "0061g00000r8kdx", "0051g00000zzkep", "00q1g00000abcde"], None),
        (["deadbeef0123456", "deadbeef0123457", "deadbeef0123458"], None),
        ([None, "", None], None),
    ],
)
def test_a_column_without_proof_of_damage_passes(values: list[object], width: int | None) -> None:
    """One damaged value is its record's matter; `.0` is taken off; short ids may be short."""
    assert kept(values, width) == len(values)


WORDS = st.text("ab9._+-", min_size=1, max_size=9)
TOPS = st.sampled_from(["com", "test", "local", "onion", "arpa", "example", "c", "c9", "xn--p1ai"])


@given(local=WORDS, domain=st.text("ab9.-", min_size=1, max_size=12), top=TOPS)
@example(local="ada", domain="xn--bcher-kva", top="example")
def test_a_plain_address_is_what_the_library_makes_of_it(local: str, domain: str, top: str) -> None:
    """The short way never takes what the library refuses or writes otherwise."""
    address = f"{local}@{domain}.{top}"
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        normal = None
    else:
        normal = found.normalized.lower()

    assert not is_plain(address) or normal == address
    assert email(address) == normal
