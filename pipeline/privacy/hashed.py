"""What stands for an identifier without naming it: its plain hashes, as other systems keep them.

Covered are MD5, SHA-1 and SHA-2 of each usual spelling, in hexadecimal and in base64, and base64 of
the spelling itself. A hash under a key or salt that Wend does not know tells nobody anything, and
an event's id or content hash is a hash of the whole event: neither is an identifier.
"""

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator

import phonenumbers
import polars as pl

from pipeline.privacy.texts import HASH_DIGITS, is_searchable

ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
# Those in which companies hand identifiers to one another: late files are held to them, too.
USUAL = ("md5", "sha1", "sha256")
# A hash is told by its beginning: thousands are found at once.
TOLD_BY = HASH_DIGITS
REST = "[A-Za-z0-9+/=_-]*"


def spellings(namespace: str, value: str) -> set[str]:
    """How an identifier may have been written before it was hashed."""
    found = {value, f"{namespace}:{value}"}
    if namespace == "phone":
        found |= set(_numbers(value))
    return found | {one.lower() for one in found} | {one.upper() for one in found}


def _numbers(value: str) -> Iterator[str]:
    """A telephone number in the forms that systems write."""
    digits = value.removeprefix("+")
    yield from (digits, f"00{digits}")
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return
    for form in (
        phonenumbers.PhoneNumberFormat.NATIONAL,
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.RFC3966,
    ):
        written = phonenumbers.format_number(number, form)
        yield from (written, "".join(sign for sign in written if sign.isdigit() or sign == "+"))
    yield phonenumbers.national_significant_number(number)


def tokens(identifiers: Iterable[tuple[str, str]], asked: Iterable[str] = ()) -> set[str]:
    """How hashes of these identifiers begin, in lower case.

    Args:
        identifiers: Namespace and value in normal form.
        asked: Spellings in which somebody asked for them.
    """
    written = {one for namespace, value in identifiers for one in spellings(namespace, value)}
    written |= {form for text in asked for form in (text, text.strip(), text.strip().lower())}
    found = {one for text in written for one in _hashes(text)}
    long = [text.encode() for text in written if is_searchable(text) and len(text) >= 8]
    found |= {code(text).decode().rstrip("=") for text in long for code in CODES}
    return {one[:TOLD_BY].lower() for one in found}


CODES = (b64encode, urlsafe_b64encode)


def _hashes(text: str) -> Iterator[str]:
    for algorithm in ALGORITHMS:
        digest = hashlib.new(algorithm, text.encode())
        yield digest.hexdigest()
        yield from (code(digest.digest()).decode().rstrip("=") for code in CODES)


def usual(value: str) -> Iterator[str]:
    """The hashes of a value in normal form that other systems usually name it by."""
    for algorithm in USUAL:
        yield hashlib.new(algorithm, value.encode()).hexdigest()


def holding(texts: pl.Series, wanted: Iterable[str]) -> pl.Series:
    """Which of the texts hold one of these tokens, in whatever case."""
    return texts.str.contains_any(list(wanted), ascii_case_insensitive=True)


def found(texts: pl.Series, wanted: Iterable[str]) -> set[str]:
    """Those of the tokens that stand in the texts, as `wanted` writes them."""
    hits = texts.str.extract_many(list(wanted), ascii_case_insensitive=True)
    return {one.lower() for one in hits.explode().drop_nulls().to_list()}
