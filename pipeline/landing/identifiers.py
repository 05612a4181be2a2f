"""Raw e-mail, phone, cookie or CRM number to its normal form, or None."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

# Spreadsheets write long ids as 5.70306E+17 and whole numbers as 17850.0: the first has lost
# digits for good and is no identifier any more.
SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE]\+\d+|\d[.,]\d+[eE]\d+", re.ASCII)
WHOLE_FLOAT = re.compile(r"(\d+)\.0", re.ASCII)
# Past this a float is no longer every whole number: what ends in `.0` has been rounded.
EXACT = 2**53
PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@"
    r"(?P<domain>(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?P<top>[a-z]{2,}))"
)
# No part of a shorter address can be too long.
PLAIN_LENGTH = 63
DISPLAY_NAME = re.compile(r"[^<>]*<([^<>]+)>")
# What copying from a page or a spreadsheet leaves at the ends of a value, unseen.
UNSEEN = " \t\r\n\v\f\u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u2060\ufeff"


@lru_cache(maxsize=200_000)
def email(text: str) -> str | None:
    """The address in lower case, without display name; None when it is not one."""
    named = DISPLAY_NAME.fullmatch(text.strip(UNSEEN))
    address = (named[1] if named else text).strip(UNSEEN)
    address = re.sub(r"^mailto:", "", address, flags=re.IGNORECASE)
    if is_plain(address):
        return address
    try:
        found = validate_email(
            address, check_deliverability=False, test_environment=True, allow_smtputf8=True
        )
    except EmailNotValidError:
        return None
    return found.normalized.lower()


def is_plain(address: str) -> bool:
    """Whether an address is its own normal form beyond doubt; the library takes 100 times longer.

    False says nothing: the library judges.
    """
    found = PLAIN.fullmatch(address)
    return (
        found is not None
        and len(address) <= PLAIN_LENGTH
        # Two hyphens may begin a name in another script, which has a form of its own.
        and "--" not in found["domain"]
        and found["top"] not in SPECIAL_USE_DOMAIN_NAMES
    )


def is_damaged(text: str) -> bool:
    """Whether a number has gone through a float or a spreadsheet and lost digits."""
    if text.isalnum():
        return False
    if SCIENTIFIC.fullmatch(text):
        return True
    whole = WHOLE_FLOAT.fullmatch(text)
    return whole is not None and int(whole[1][:20]) >= EXACT


@lru_cache(maxsize=200_000)
def phone(text: str, region: str) -> str | None:
    """The number as E.164; None when it cannot be one. `region` reads national spellings."""
    written = text.strip(UNSEEN)
    if is_damaged(written):
        return None
    if whole := WHOLE_FLOAT.fullmatch(written):
        written = whole[1]
    try:
        number = phonenumbers.parse(written.removeprefix("whatsapp:"), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def code(text: object) -> str | None:
    """An opaque id, trimmed and in composed Unicode, case kept; None when empty or damaged."""
    if isinstance(text, str) and text.isascii() and text.isalnum():
        return text
    value = unicodedata.normalize("NFC", str(text)).strip().strip(UNSEEN)
    if not value or is_damaged(value):
        return None
    whole = WHOLE_FLOAT.fullmatch(value)
    return whole[1] if whole else value


def normalise(namespace: str, text: object, *, region: str) -> str | None:
    """The normal form for a namespace: `email` and `phone` by their rules, others as codes."""
    if text is None:
        return None
    if namespace == "email":
        return email(str(text))
    if namespace == "phone":
        return phone(str(text), region)
    return code(text)
