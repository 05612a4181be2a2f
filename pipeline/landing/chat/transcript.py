"""Plain transcripts and IRC logs to events: one record per line.

Source: lines such as `[16:59] <nick> text` or `16:59 nick: text`, and the logs of irssi, supybot
and the like, `2012-10-17T09:16:21+0000  <nick> text`; `* nick does`, `-nick- notice`.
Used: stamp, nick, text. Left out: joins, parts, quits, renamings and the server's words, by rule.
Identifiers: chat_nick: a nick is whoever bears it today, so it is weak; one in the source's
`agents` is staff, all others are customers.
Clock: a full stamp is ISO 8601; a bare clock takes its date from the file's name (2004-11-15 or
20041115) or from a line that says the day, and its zone from the source's time_zone. A clock that
steps back by more than an hour has passed midnight; by less, it was put back.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing import clocks
from pipeline.landing.chat.entry_lines import entry_lines
from pipeline.landing.chat.parties import Staff, acted, agent, customer, is_staff, staff_of
from pipeline.landing.clocks import MONTHS
from pipeline.landing.readers import channel_of
from pipeline.landing.record import Event, Feed, Ignored, Outcome, Raw, RawFile, outcomes

FULL = re.compile(
    r"\[?(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)\]?\s+(.*)"
)
CLOCK = re.compile(r"\[?(\d{1,2}):(\d\d)(?::(\d\d))?\]?\s+(.*)", re.ASCII)
DATED = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)", re.ASCII)
NEW_DAY = re.compile(
    r"--- (?:Day changed|Log opened|Log closed)\s+\w{3} (\w{3}) +(\d{1,2})"
    r"(?: \d\d:\d\d(?::\d\d)?)? (\d{4})"
)
SERVER = re.compile(r"(?:\*\*\*|===|---|-!-|-->|<--)\s+(.*)")
SAID = re.compile(r"<\s?[@+%&~!]?([^<>\s]+)\s?>(?:\s+(.*))?")
DONE = re.compile(r"\*\s?([^*\s]\S*)(?:\s+(.*))?")
NOTICE = re.compile(r"-([^-\s][^\s]*)-(?:\s+(.*))?")
PLAIN = re.compile(r"([^:<>*\[\]]{1,60}): +(.*)")
# What a line is, by how it begins.
WORDS = {"message": (SAID, PLAIN), "action": (DONE,), "notice": (NOTICE,)}
HAPPENED = (
    ("joined", "member joined"),
    ("left", "member left"),
    ("quit", "member left"),
    ("part", "member left"),
    ("known as", "nick changed"),
)


class Spoken(NamedTuple):
    """What one line tells.

    Attributes:
        what: message, action or notice; for what nobody said, the rule that leaves it out.
        stamp: As written, with its date; or the day and time that a bare clock means. None for a
            server's line without a stamp.
    """

    what: str
    nick: str = ""
    text: str = ""
    stamp: str | datetime | None = None
    precision: str = "minute"


@dataclass(slots=True)
class Hand:
    """A clock without a date, as it goes from line to line.

    Attributes:
        day: The midnight it counts from; None until something says.
        minutes: Where it stood last, in minutes after midnight.
    """

    day: datetime | None
    minutes: int = -1


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What each line of a transcript became.

    Raises:
        SourceRefused: Bare clocks, and nothing that says of which day.
    """
    channel = channel_of(feed)
    staff = staff_of(feed)
    others = {
        raw.value.nick
        for raw in records(file)
        if raw.problem is None and raw.value.nick and not is_staff(staff, raw.value.nick)
    }
    only = next(iter(others)) if len(others) == 1 else None
    tied: Counter[int] = Counter()

    def interpret(number: int, spoken: Spoken) -> list[Event | Ignored]:
        if spoken.stamp is None or spoken.what not in WORDS:
            return [Ignored(number, spoken.what)]
        occurred = _instant(spoken, feed)
        if not spoken.text:
            return [Ignored(number, "empty")]
        tied[occurred.us] += 1
        event = Event(
            record_number=number,
            own_id=None,
            channel=channel,
            kind="chat_message_sent",
            kind_raw=spoken.what,
            occurred=occurred,
            identifiers=(),
            source_sequence=tied[occurred.us],
            text=spoken.text,
        )
        return [_by(event, spoken.nick, feed, staff, only)]

    return outcomes(records(file), interpret)


def _by(event: Event, nick: str, feed: Feed, staff: Staff, only: str | None) -> Event:
    """A line with who wrote it; staff write to the one other person, where there is one."""
    if event.kind_raw == "notice":
        # By the rules of IRC a program's words, so that no program answers them.
        by = agent(feed, "chat_nick", nick)
        return replace(acted(replace(event, identifiers=by), "bot"), machine_reason="notice")
    if not is_staff(staff, nick):
        who = customer(feed, [("chat_nick", nick)])
        return acted(replace(event, identifiers=who.identifiers), "customer")
    people = customer(feed, [("chat_nick", only)]).identifiers
    return acted(replace(event, identifiers=people + agent(feed, "chat_nick", nick)), "agent")


def _instant(spoken: Spoken, feed: Feed) -> clocks.Instant:
    """When it was said.

    Raises:
        BadRecord: No time that can be, or no zone where one is needed.
    """
    if isinstance(spoken.stamp, datetime):
        return clocks.local(spoken.stamp, spoken.precision, feed.clock)
    return clocks.iso(str(spoken.stamp), feed.clock)


def records(file: RawFile) -> Iterator[Raw]:
    """The file's lines; `value` is a Spoken, and the day of bare clocks is followed.

    Raises:
        SourceRefused: As for `read`.
    """
    entry, hand = None, Hand(None)
    for name, raw in entry_lines(file):
        if name != entry:
            entry, hand = name, Hand(_date_in(name))
        if raw.problem is not None:
            yield raw
            continue
        try:
            yield raw._replace(value=_spoken(raw.text, hand, file.name))
        except BadRecord as bad:
            yield raw._replace(problem=str(bad))


def _date_in(name: str) -> datetime | None:
    """The day in a file's name."""
    found = DATED.search(name)
    if found is None:
        return None
    try:
        return datetime(int(found[1]), int(found[3]), int(found[4]))  # noqa: DTZ001 - a day only
    except ValueError:
        return None


def _spoken(line: str, hand: Hand, name: str) -> Spoken:
    """What one line tells, the clock moved on.

    Raises:
        BadRecord: Not a line of a transcript, or a day or time that cannot be.
        SourceRefused: A bare clock, and no day.
    """
    if new := NEW_DAY.match(line):
        _turn(hand, new)
        return Spoken("new day")
    if full := FULL.fullmatch(line):
        return _content(full[2])._replace(stamp=full[1])
    bare = CLOCK.fullmatch(line)
    if bare is None:
        if server := SERVER.fullmatch(line):
            return Spoken(_happening(server[1]))
        raise BadRecord("no line of a transcript: it begins with no time")
    if hand.day is None:
        raise SourceRefused(
            f"{name}: its lines bear a time and no date, and its name holds none; "
            "name it by its day, such as chat-2024-05-31.log"
        )
    content = _content(bare[4])
    hour, minute, second = int(bare[1]), int(bare[2]), int(bare[3] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise BadRecord(f"impossible time: {bare[1]}:{bare[2]}")
    now = 60 * hour + minute
    if now < hand.minutes - 60:
        hand.day += timedelta(days=1)
    hand.minutes = now
    moment = hand.day + timedelta(minutes=now, seconds=second)
    return content._replace(stamp=moment, precision="second" if bare[3] else "minute")


def _turn(hand: Hand, new: re.Match[str]) -> None:
    """Set the day that a line of the log itself says.

    Raises:
        BadRecord: No such day.
    """
    try:
        hand.day = datetime(int(new[3]), MONTHS[new[1]], int(new[2]))  # noqa: DTZ001 - a day only
    except (KeyError, ValueError) as error:
        raise BadRecord(f"impossible day: {new[0][:40]!r}") from error
    hand.minutes = -1


def _content(rest: str) -> Spoken:
    """What stands behind a stamp.

    Raises:
        BadRecord: Nothing that a transcript is known to hold.
    """
    if server := SERVER.fullmatch(rest):
        return Spoken(_happening(server[1]))
    for what, pattern in WORDS.items():
        for layout in pattern:
            if found := layout.fullmatch(rest):
                return Spoken(what, found[1], (found[2] or "").strip())
    raise BadRecord("no line of a transcript: nobody is said to have written it")


def _happening(words: str) -> str:
    """The rule that leaves out what a server said."""
    return next((rule for mark, rule in HAPPENED if mark in words), "server line")
