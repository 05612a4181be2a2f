"""What a customer wrote: its own words, how they sound, and what of them may be kept.

The score is taken while the words are whole; addresses and long numbers go before anything is
kept. Names that people write, postal addresses and dates of birth stay: no rule of this size can
tell them from words. Web addresses lose their query.
"""

import re
from typing import NamedTuple

import orjson

from pipeline.landing.quoting import clean
from pipeline.landing.sentiment import sentiment

ADDRESS = re.compile(r"[\w.+%=-]{1,128}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
WEB_ADDRESS = re.compile(r"\b((?:https?|ftp)://)([^\s<>\"'\[\]]{1,4000})")
ACCOUNT = re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b")
# Ids of persons that have letters, or fewer digits than an order's number: of Britain (NINO),
# Spain (DNI, NIE), Italy (codice fiscale) and India (PAN). All others are long numbers.
NATIONAL = re.compile(
    r"\b(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d\d){3} ?[A-D]|(?:\d|[XYZ])-?\d{7}-?[A-Z]"
    r"|[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z]|[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z])\b"
)
# What every id above has, and every run of digits that goes: most texts with figures have neither.
LETTER_AND_DIGIT = re.compile(r"[A-Z][ -]?\d|\d-?[A-Z]")
LONG_RUN = re.compile(r"\d(?:[ ().\u2013-]{0,3}\d){6}")
DIGITS = re.compile(
    r"(?P<date>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?(?!\d)|\b\d{1,2}([./-])\d{1,2}\2\d{4}(?!\d))"
    r"|(?<![\d/])(?P<number>[+(]?\d(?:[ ().\u2013-]{0,3}\d){6,})"
)
# Six digits or more: every telephone number, card and account has them.
DOUBTFUL = re.compile(r"[0-9]([ ().\u2013-]{0,3}[0-9]){5}|://|[A-Z]{6}[0-9]")
MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
JSON_TEXT = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?')
PHONE = re.compile(r"\+\d{8,15}")
AMERICAN = re.compile(r"(?:1[ .-])?(?:\d{3}[ .-])?\d{3}[.-]\d{4}|\d{3} \d{3} \d{4}")


class Message(NamedTuple):
    """A message as it is kept.

    Attributes:
        text: Without quoted text, signature and personal data.
        sentiment: -1 (bad) to 1 (good); None unless basis is `scored`.
        basis: scored, too_short, `language:xx`, or none when nothing was written.
    """

    text: str
    sentiment: float | None
    basis: str


def message(text: str) -> Message:
    """What was written, scored while it is whole, then without personal data."""
    written = clean(text)
    score, basis = sentiment(written)
    return Message(redact(written), score, basis)


def redact(text: str) -> str:
    """The text with [email], [phone], [number] and [query] for what tells who somebody is.

    Dates, prices and numbers of up to eight digits stay.
    """
    if "://" in text:
        text = WEB_ADDRESS.sub(_bare_address, text)
    if "@" in text:
        text = ADDRESS.sub("[email]", text)
    if LETTER_AND_DIGIT.search(text):
        text = NATIONAL.sub("[number]", ACCOUNT.sub("[number]", text))
    if LONG_RUN.search(text):
        text = DIGITS.sub(_placeholder, text)
    return text


def kept_label(label: str) -> str:
    """A label as it is kept: free text and addresses in it say nothing of who somebody is."""
    kept = redact(label) if " " in label and DOUBTFUL.search(label) else label
    return MAILBOX.sub("[email]", kept) if "@" in kept else kept


def kept_properties(said: str) -> str:
    """Properties, as JSON text, as they are kept."""
    is_doubtful = (
        (" " in said and DOUBTFUL.search(said)) or '"+' in said or ("://" in said and "?" in said)
    )
    kept = redact_json(said) if is_doubtful else said
    return MAILBOX.sub("[email]", kept) if "@" in kept else kept


def redact_json(said: str) -> str:
    """JSON text without what tells who somebody is in its values; all else as it was written.

    A value of several words is free text; a telephone number and a web address are known wherever
    they stand. Ids, codes, paths and numbers stay.
    """
    return JSON_TEXT.sub(_redacted_value, said)


def _redacted_value(found: re.Match[str]) -> str:
    """A JSON string, redacted unless it is a name or a single word."""
    written, is_name = found.groups()
    is_free = " " in written
    if is_name or not (is_free or "://" in written or written.startswith('"+')):
        return found[0]
    value = orjson.loads(written)
    # The versions in an agent would pass for telephone numbers.
    if value.startswith("Mozilla/"):
        return written
    if PHONE.fullmatch(value):
        return '"[phone]"'
    kept = redact(value) if is_free else WEB_ADDRESS.sub(_bare_address, value)
    return written if kept == value else orjson.dumps(kept).decode()


def _bare_address(found: re.Match[str]) -> str:
    """A web address without user name, query and fragment."""
    scheme, rest = found.groups()
    bare = re.split(r"[?#]", rest, maxsplit=1)[0]
    host, slash, path = bare.partition("/")
    return f"{scheme}{host.rpartition('@')[2]}{slash}{path}{'' if bare == rest else '?[query]'}"


def _placeholder(found: re.Match[str]) -> str:
    """What stands for a run of digits; the run itself for a date or a short number."""
    run = found["number"]
    if run is None:
        return found[0]
    digit_count = sum(map(str.isdigit, run))
    if (run[0] in "+(0" and digit_count <= 15) or AMERICAN.fullmatch(run):
        return "[phone]"
    return "[number]" if digit_count >= 9 else run
