"""When a mail was written and when it was received: the Date, or what stands in for it."""

import re
from datetime import datetime
from email.utils import parsedate

from pipeline.errors import BadRecord
from pipeline.landing import clocks
from pipeline.landing.clocks import Clock, Instant
from pipeline.landing.email.parties import Headers, first

HOUR_US = 3_600_000_000

# Any other name of a zone, and none at all, tells no offset.
ZONED = re.compile(r"[+-]\d{4}\b|\b(?:UTC?|GMT|Z|[ECMP][SD]T)\b")
COLON_ZONE = re.compile(r"([+-]\d\d):(\d\d)\b")


def times(headers: Headers, clock: Clock) -> tuple[Instant, int | None, str | None]:
    """When a mail was written, when it was received, and what the first was taken from.

    The Date is the sender's clock. Where it cannot be read, names no zone, or lies an hour after
    the mail had already arrived, the newest Received stands in for it.

    Raises:
        BadRecord: Neither a readable Date nor a readable Received.
    """
    received = _arrived(headers, clock)
    try:
        written = _dated(first(headers, "date"), clock)
    except BadRecord:
        if received is None:
            raise
        return received, received.us, "received"
    if received is None:
        return written, None, None
    if written.us > received.us + HOUR_US:
        return received, received.us, "received"
    return written, received.us, None


def _arrived(headers: Headers, clock: Clock) -> Instant | None:
    """When the last server took the mail: the newest Received stands first; or a news server."""
    stamp = first(headers, "received").rpartition(";")[2]
    stamp = stamp or first(headers, "nntp-posting-date")
    try:
        return clocks.mail_date(stamp, clock) if ZONED.search(stamp) else None
    except BadRecord:
        return None


def _dated(stamp: str, clock: Clock) -> Instant:
    """The instant of a Date header.

    Raises:
        BadRecord: Missing, unreadable, out of limits, or without a zone where none is configured.
    """
    if not stamp:
        raise BadRecord("no Date, and no Received in its place")
    # The standard library takes +01:00 for +0000, without a word.
    stamp = COLON_ZONE.sub(r"\1\2", stamp)
    if ZONED.search(stamp):
        return clocks.mail_date(stamp, clock)
    parsed = parsedate(stamp)
    if parsed is None:
        raise BadRecord(f"not a mail date: {stamp[:60]!r}")
    try:
        moment = datetime(*parsed[:6])  # noqa: DTZ001 - the zone is applied by the clock
    except ValueError as error:
        raise BadRecord(f"impossible time: {stamp[:60]!r}") from error
    return clocks.local(moment, "second", clock)
