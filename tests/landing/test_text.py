import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.landing import quoting, text

OWN_WORDS = {
    "a plain message": ("My bill is wrong.", "My bill is wrong."),
    "lines quoted by >": ("Still down.\n> Is it back?\n>> No.", "Still down."),
    "an angry face": (">:( still down", ">:( still down"),
    "on ... wrote": (
        "Still down.\n\nOn Mon, 5 Jan 2026 at 09:00, Bob <bob@larkspur.example> wrote:\n> Is it?",
        "Still down.",
    ),
    "on ... wrote, broken over three lines and not quoted": (
        "Still down.\n\nOn Mon, 5 Jan 2026 at 09:00,\nBob <bob@larkspur.example>\nwrote:\n\nIs it?",
        "Still down.",
    ),
    "an answer between quoted lines": (
        "On Mon, 5 Jan 2026, Bob wrote:\n> Is it back?\nNo.\n> Since when?\nSunday.",
        "No.\nSunday.",
    ),
    "wrote in German": (
        "Danke.\n\nAm 05.01.2026 um 09:00 schrieb Bob <bob@larkspur.example>:\n> Frage",
        "Danke.",
    ),
    "an Outlook block": (
        "Still down.\n\nFrom: Bob\nSent: 5 January 2026 09:00\nTo: Ada\nSubject: x\n\nIs it?",
        "Still down.",
    ),
    "an Outlook block that begins with its date": (
        "Still down.\nDate: 5 Jan\nSubject: x\nFrom: bob@larkspur.example\nTo: Ada\n\nIs it?",
        "Still down.",
    ),
    "the word from is no block": (
        "From: London\nTo the shop it is far.",
        "From: London\nTo the shop it is far.",
    ),
    "an original message": ("Still down.\n-----Original Message-----\nIs it?", "Still down."),
    "a signature": ("Still down.\n-- \nAda Lovelace\n020 7946 0958", "Still down."),
    "two dashes inside a line": ("Down -- again.\nFix it.", "Down -- again.\nFix it."),
    "a farewell with a name": ("Still down.\n\nKind regards,\nAda Lovelace\n", "Still down."),
    "thanks as the message": ("It works again.\nThanks!", "It works again.\nThanks!"),
    "a device": ("Still down.\n\nSent from my iPhone", "Still down."),
    "a sentence about a device": (
        "Still down.\nSent from my desk, so please answer there.",
        "Still down.\nSent from my desk, so please answer there.",
    ),
    "a list footer": (
        f"Still down.\n{'_' * 47}\nusers mailing list\nhttp://lists.example",
        "Still down.",
    ),
    "html": (
        "<p>Still&nbsp;down &amp; <b>out</b>.</p><p>Fix<br>it</p>",
        "Still down & out.\n\nFix\nit",
    ),
    "html with an answered message": (
        (
            "<div>Still down.</div><div class='gmail_quote'>On Mon, 5 Jan 2026 Bob wrote:<br>"
            "<blockquote>Is it? <blockquote>Yes</blockquote></blockquote></div>"
        ),
        "Still down.",
    ),
    "an answer under a block quote": (
        "On 5.1.2026 09:00, Bob wrote:<br><blockquote>Is it?</blockquote><p>No.</p>",
        "No.",
    ),
    "scripts and styles": (
        "<style>p {}</style><script>alert('x')</script><!-- y --><p>Still down.</p>",
        "Still down.",
    ),
    "an address is no tag": ("Ask <a@b.example> first", "Ask <a@b.example> first"),
    "a comparison is no tag": ("speed < 10 and > 5", "speed < 10 and > 5"),
}


@pytest.mark.parametrize(("raw", "own"), OWN_WORDS.values(), ids=OWN_WORDS.keys())
def test_clean_keeps_a_message_s_own_words(raw: str, own: str) -> None:
    """Quoted text, signatures and markup go; what was written now stays."""
    assert quoting.clean(raw) == own


PERSONAL = {
    "write to Ada.L+x@mail.example.co.uk.": "write to [email].",
    "call 020 7946 0958 or +44 (0)7700 900123": "call [phone] or [phone]",
    "call (555) 123-4567, 555-1234": "call [phone], [phone]",
    "card 4111 1111 1111 1111 it is": "card [number] it is",
    "card 4111-1111-1111-1111": "card [number]",
    "to GB29 NWBK 6016 1331 9268 19": "to [number]",
    "account 123456789": "account [number]",
    "bill 12345678": "bill 12345678",
    "since 2026-01-05 09:00, 05.01.2026 or 1/5/2026": (
        "since 2026-01-05 09:00, 05.01.2026 or 1/5/2026"
    ),
    "it costs 1.000.000 or 29.99": "it costs 1.000.000 or 29.99",
    "at https://ada:pw@x.example/a/b?token=t#part now": "at https://x.example/a/b?[query] now",
    "at http://x.example/a": "at http://x.example/a",
}


@pytest.mark.parametrize(("raw", "redacted"), PERSONAL.items())
def test_redact_takes_out_what_tells_who_somebody_is(raw: str, redacted: str) -> None:
    """Addresses, phone and card numbers and query strings go; dates, prices, short numbers stay."""
    assert text.redact(raw) == redacted


@given(st.text(alphabet="0123456789 +()-./@abc\n", max_size=60))
def test_redacting_twice_changes_nothing_more(raw: str) -> None:
    """A placeholder is never itself taken for personal data."""
    once = text.redact(raw)

    assert text.redact(once) == once


@given(st.text(alphabet="0123456789 -+", min_size=1, max_size=60))
def test_no_nine_digits_in_a_row_survive(raw: str) -> None:
    """Whatever stands between them, a run of nine digits does not come through whole."""
    redacted = text.redact("x" + raw.replace("-", ""))

    assert not any(len(run) >= 9 for run in redacted.replace("+", " ").split() if run.isdigit())


@pytest.mark.parametrize(
    ("raw", "redacted"),
    [
        ("my number is QQ 12 34 56 C", "my number is QQ 12 34 56 C"),  # Q begins none
        ("my number is AB 12 34 56 C", "my number is [number]"),
        ("DNI 12345678Z", "DNI [number]"),
        ("NIE X-1234567-L", "NIE [number]"),
        ("codice fiscale RSSMRA85T10A562S", "codice fiscale [number]"),
        ("PAN ABCPE1234F", "PAN [number]"),
        ("my SSN is 123-45-6789", "my SSN is [number]"),
        ("order AB123456 is late", "order AB123456 is late"),
    ],
)
def test_national_ids_go(raw: str, redacted: str) -> None:
    """Those with letters by their form, all others as long numbers; an order's number stays."""
    assert text.redact(raw) == redacted


@pytest.mark.parametrize(
    ("raw", "redacted"),
    [
        ('{"note":"call 020 7946 0958"}', '{"note":"call [phone]"}'),
        ('{"mobile":"+442079460958","sku":"+1"}', '{"mobile":"[phone]","sku":"+1"}'),
        ('{"a":[{"b":"card 4111 1111 1111 1111"}]}', '{"a":[{"b":"card [number]"}]}'),
        ('{"say":"\\"hi\\" see https://a.example/?q=ada"}', None),
        ('{"id":12345678901234567890123,"x":1.10}', '{"id":12345678901234567890123,"x":1.10}'),
        ('{"to":"https://a.example/b?q=ada"}', '{"to":"https://a.example/b?[query]"}'),
        ('{"order":"123456789012"}', '{"order":"123456789012"}'),
        ('{"key 020 7946 0958":"a b"}', '{"key 020 7946 0958":"a b"}'),
        (
            '{"agent":"Mozilla/5.0 (X11) Chrome/126.0.6478.127"}',
            '{"agent":"Mozilla/5.0 (X11) Chrome/126.0.6478.127"}',
        ),
    ],
)
def test_free_text_in_properties_is_redacted(raw: str, redacted: str | None) -> None:
    """Values of several words are; ids, numbers and the JSON around them stay to the letter."""
    expected = redacted or '{"say":"\\"hi\\" see https://a.example/?[query]"}'
    assert text.redact_json(raw) == expected


def test_message_scores_first_and_redacts_last() -> None:
    """The score is of the sender's own words, and the kept text names nobody."""
    found = text.message(
        "I am very unhappy, call 020 7946 0958.\n\nOn 5 Jan, Bob wrote:\n> Great, perfect, best!"
    )

    assert found.text == "I am very unhappy, call [phone]."
    assert found.basis == "scored"
    assert found.sentiment is not None
    assert found.sentiment < 0


@given(st.text(max_size=300))
def test_any_text_passes(raw: str) -> None:
    """No text raises, and nothing is added to it but placeholders."""
    found = text.message(raw)

    assert (found.sentiment is None) == (found.basis != "scored")


@pytest.mark.parametrize(
    "piece",
    [">", "<a ", "<blockquote>", "<script>", "a@", "1 ", "On x\n", "From: a\n", "a@b:\n", "<!--"],
)
@pytest.mark.timeout(20)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    """A hundred thousand characters of any mark are read; quadratic work would time out."""
    hostile = piece * (quoting.LONGEST // len(piece))

    written = quoting.clean(f"{hostile}\nFix it")

    assert len(text.redact(written)) <= quoting.LONGEST


def test_importing_loads_no_model() -> None:
    """A command that reads no text waits for neither VADER nor the language model."""
    probe = (
        "import sys, pipeline.landing.text; print('vaderSentiment' in sys.modules, "
        "'py3langid' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False False"
