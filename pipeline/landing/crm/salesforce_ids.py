"""Salesforce record ids: 15 characters, or the same with a checksum of three more."""

import re
import string

from pipeline.errors import BadRecord

SHAPE = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SIGNS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CAPITALS = str.maketrans(SIGNS, "0" * 10 + "1" * 26 + "0" * 26)


def checksum(short: str) -> str:
    """The three characters that say which letters of a 15-character id are capitals.

    Source: Salesforce help, "convert 15 character IDs to 18 character IDs": of each group of
    five, a capital sets the bit of its place, and the number picks a letter or a digit.
    """
    bits = short.translate(CAPITALS)
    groups = bits[4::-1], bits[9:4:-1], bits[14:9:-1]
    return "".join(DIGITS[int(group, 2)] for group in groups)


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
