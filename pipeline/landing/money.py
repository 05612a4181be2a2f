"""Amounts as sources write them, in major units, to minor units; never by way of a float."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from pipeline.errors import BadRecord

# Currencies of ISO 4217 without a minor unit: 500 yen are 500 minor units.
WHOLE = {
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
}  # fmt: skip
# Above this a sum of money is a fault: no company is paid 10^13 at once.
LIMIT = Decimal(10) ** 13


def decimal(value: Any) -> Decimal | None:
    """The number a JSON value or a cell holds, exactly as written; None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < LIMIT else None


def minor_units(value: Any, currency: str) -> int:
    """The amount in minor units of `currency`; what is finer is rounded half to even.

    Raises:
        BadRecord: Not a number, or beyond any sum of money.
    """
    number = decimal(value)
    if number is None:
        raise BadRecord(f"not an amount of money: {str(value)[:40]!r}")
    scaled = number * (1 if currency in WHOLE else 100)
    return int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def currency(value: Any) -> str | None:
    """A currency's three letters, in capitals; None when it is none."""
    text = str(value).strip().upper()
    return text if len(text) == 3 and text.isascii() and text.isalpha() else None
