"""Raw e-mail, phone, cookie or CRM number to its normal form, or None."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

# Spreadsheets write long ids as 5.70306E+17 and whole numbers as 17850.0: the first has lost
# digits for good and is no identifier any more.
SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")


@lru_cache(maxsize=200_000)
def email(text: str) -> str | None:
    """The address in lower case, without display name; None when it is not one."""
    address = text.strip().strip("<>").removeprefix("mailto:").strip()
    try:
        found = validate_email(
            address, check_deliverability=False, test_environment=True, allow_smtputf8=True
        )
    except EmailNotValidError:
        return None
    return found.normalized.lower()


@lru_cache(maxsize=200_000)
def phone(text: str, region: str) -> str | None:
    """The number as E.164; None when it cannot be one. `region` reads national spellings."""
    try:
        number = phonenumbers.parse(text.removeprefix("whatsapp:"), region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def code(text: object) -> str | None:
    """An opaque id, trimmed and in composed Unicode, case kept; None when empty or damaged."""
    value = unicodedata.normalize("NFC", str(text)).strip()
    if not value or SCIENTIFIC.fullmatch(value):
        return None
    return value.removesuffix(".0") if re.fullmatch(r"\d+\.0", value) else value


def normalise(namespace: str, text: object, *, region: str) -> str | None:
    """The normal form for a namespace: `email` and `phone` by their rules, others as codes."""
    if text is None:
        return None
    if namespace == "email":
        return email(str(text))
    if namespace == "phone":
        return phone(str(text), region)
    return code(text)
