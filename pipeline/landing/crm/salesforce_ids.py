"""Salesforce record ids: 15 characters, or the same with a checksum of three more."""

import re

from pipeline.errors import BadRecord

SHAPE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def checksum(short: str) -> str:
    """The three characters that say which letters of a 15-character id are capitals.

    Source: Salesforce help, "convert 15 character IDs to 18 character IDs": of each group of
    five, a capital sets the bit of its place, and the number picks a letter or a digit.
    """
    return "".join(
        DIGITS[sum(short[start + place].isupper() << place for place in range(5))]
        for start in (0, 5, 10)
    )


def record_id(text: str) -> str:
    """The 18-character form of an id, so that both forms of one record meet.

    Raises:
        BadRecord: Neither 15 nor 18 letters and digits, or a checksum that does not fit, as
            after lower-casing.
    """
    value = text.strip()
    if not SHAPE.fullmatch(value):
        raise BadRecord(f"no Salesforce id of 15 or 18 letters and digits: {value[:40]!r}")
    whole = value[:15] + checksum(value[:15])
    if value[15:].upper() not in {"", whole[15:]}:
        how = "was put into lower case" if value == value.lower() else "has been changed"
        raise BadRecord(
            f"Salesforce id {value} {how}: its checksum does not fit; export it again as it is"
        )
    return whole
