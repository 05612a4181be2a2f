"""What can be wrong with a file: in its bytes, in its structure, in what its values mean.

Every mutation follows from a seed, so that a failure is found again.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from random import Random
from typing import Any, NamedTuple

from pipeline.landing.clocks import microseconds
from tests.fuzz.sample_files import JSON, Sample

Path = tuple[str | int, ...]


class Damage(NamedTuple):
    """A file damaged in its bytes.

    Attributes:
        touched: From the first to the last byte of the whole file that it may concern.
    """

    how: str
    content: bytes
    touched: range


@dataclass(frozen=True)
class Mutant:
    """A record with something else at one place.

    Attributes:
        index: Which record of the sample it was.
        path: Where in the record.
        how: The mutation's name.
        old, new: What stood there, and what stands there now.
        text: The record as it is written.
    """

    index: int
    path: Path
    how: str
    old: Any
    new: Any
    text: str


def damaged(content: bytes, random: Random) -> Damage:
    """A file with one thing wrong in its bytes."""
    how = random.choice(list(DAMAGES))
    at = random.randrange(len(content))
    end = min(len(content), at + random.choice((1, 1, 1, 2, 5, 30)))
    return Damage(how, *DAMAGES[how](content, at, end, random))


def _spliced(content: bytes, at: int, end: int, new: bytes) -> tuple[bytes, range]:
    """The content with new bytes in a place, and what that may concern."""
    return content[:at] + new + content[end:], range(at, max(end, at + 1))


def _two_lines_exchanged(
    content: bytes, _at: int, _end: int, random: Random
) -> tuple[bytes, range]:
    """The content with half of a line put onto another."""
    lines = content.splitlines(keepends=True)
    one, two = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one] = lines[one][: len(lines[one]) // 2] + lines[two][len(lines[two]) // 2 :]
    return b"".join(lines), range(len(content))


DAMAGES: dict[str, Any] = {
    "flip": lambda c, a, _, r: _spliced(c, a, a + 1, bytes([c[a] ^ (1 << r.randrange(8))])),
    "delete": lambda c, a, e, _: _spliced(c, a, e, b""),
    "insert": lambda c, a, _, r: _spliced(c, a, a, r.randbytes(r.choice((1, 2, 5)))),
    "insert mark": lambda c, a, _, r: _spliced(
        c, a, a, r.choice((b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\t", b"'", b";"))
    ),
    "duplicate": lambda c, a, e, _: _spliced(c, e, e, c[a:e]),
    "truncate": lambda c, a, _, __: (c[:a], range(len(c))),
    "NUL": lambda c, a, e, _: _spliced(c, a, e, b"\0" * (e - a)),
    "invalid UTF-8": lambda c, a, _, r: _spliced(
        c, a, a, r.choice((b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xe4"))
    ),
    "long": lambda c, a, _, r: _spliced(c, a, a, r.choice((b"a", b"9", b" ")) * 20_000),
    "line end": lambda c, a, _, r: _spliced(
        c, a, a, r.choice((b"\r\n", b"\r", b"\n", b"\x0b", b"\xe2\x80\xa8", b"\xc2\x85"))
    ),
    "BOM": lambda c, a, _, __: _spliced(c, a, a, b"\xef\xbb\xbf"),
    "CRLF": lambda c, _, __, ___: (
        c.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        range(len(c)),
    ),
    "two lines": _two_lines_exchanged,
}

LONE = "\ud83d"
VALUES: tuple[Any, ...] = (
    *(None, "", " ", True, False, 0, 1, -1, 7, 1.5, -0.0, 2**53 + 1, 2**63, 2**70, 10**400),
    *(1e308, 5.70306e17, "NaN", "Infinity", "-inf", "null", "None", "N/A", "-", "true"),
    *([], {}, [None], ["x"], [[["x"]]], {"x": 1}, {"value": "x"}, [{"x": [1, {"y": None}]}]),
    *("x", "0", "-1", "1e5", "x" * 5000, "\u0000", "a\u0001b\u001f", "a\nb", "a\tb", LONE),
    *("\u202eabc\u202c", "\u200fada\u200e", "\ufeffx", "e\u0301\U0001f600", "\u2028"),
    *("<b>x</b><script>alert(1)</script>", "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+1", "-1+1"),
    *("'; drop table events; --", '"', "'", "\\", "{}", "[]", '{"a": 1}', "[1]", "%s%n{0}"),
    *("ada@example.org", "https://x.example/?a=b#c", "2026-01-05T09:00:00Z", "1767603600"),
)
ONLY_JSON = tuple(value for value in VALUES if not isinstance(value, str) and value is not None)
MEANS: tuple[str, ...] = (
    *("5.7E+17", "5,70306E+17", "17850.0", "90071992547409930.0", "1,50", "1.234,56", "-0.01"),
    *("99999999999999999999", "1e400", "dance", "UNKNOWN", "0", "1970-01-01", "9999-12-31"),
    *("31/02/2026", "2026-13-01T00:00:00Z", "2026-02-30T10:00:00Z", "2026-01-05T25:00:00Z"),
    *("2026-01-05T09:00:00", "2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "-62135596800"),
    *("1767603600000000000", "yesterday", "2026-W02-1", "20260105T090000Z"),
)


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every place in a value below its top, and what stands there."""
    parts: Any = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for step, part in parts:
        yield (*path, step), part
        yield from places(part, (*path, step))


def replaced(value: Any, path: Path, new: Any) -> Any:
    """The value with something else at one place; what is not on the way there is shared."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def removed(value: Any, path: Path) -> Any:
    """The value without what stands at one place."""
    copy = value.copy()
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = removed(value[path[0]], path[1:])
    return copy


def mutant(sample: Sample, random: Random) -> Mutant:
    """A record of the sample with one thing wrong in its structure or in its meaning."""
    index = random.randrange(len(sample.records))
    record = sample.records[index]
    # A mail's first line parts it from the one before.
    found = [place for place in places(record) if place[0] != ("",)]
    path, old = random.choice(found)
    if sample.shape == JSON and random.random() < 0.15:
        return _moved(sample, index, path, old, random)
    meant = meanings(old, random) if random.random() < 0.5 else None
    if meant is not None:
        how, new = meant
    elif sample.shape == JSON:
        how, new = "value", random.choice(VALUES)
    else:
        texts = [value for value in VALUES if isinstance(value, str)]
        how, new = "value", random.choice(texts)
        if sample.shape != "csv":
            new = re.sub("[\r\n\t]", " ", new).strip() or "-"
    return made(sample, index, path, how, new)


def made(sample: Sample, index: int, path: Path, how: str, new: Any) -> Mutant:
    """A record of the sample with a value at a place."""
    record = sample.records[index]
    old = record
    for step in path:
        old = old[step]
    text = sample.text(replaced(record, path, new)).replace(f'"{LONE}"', '"\\ud83d"')
    return Mutant(index, path, how, old, new, text.replace(LONE, "?"))


def _moved(sample: Sample, index: int, path: Path, old: Any, random: Random) -> Mutant:
    """A key taken out, renamed, there twice, or in another order."""
    record = sample.records[index]
    holder = record
    for step in path[:-1]:
        holder = holder[step]
    how = random.choice(("removed", "renamed", "twice", "reordered"))
    name = path[-1]
    if how == "removed" or not isinstance(holder, dict):
        return Mutant(index, path, "removed", old, None, sample.text(removed(record, path)))
    if how == "renamed":
        new_name = random.choice((f"{name}_", str(name).upper(), f" {name}", "x", ""))
        new = {new_name if key == name else key: part for key, part in holder.items()}
    elif how == "twice":
        new = {**holder, f"{name}\x00": random.choice((None, "x", 1, holder[name]))}
    else:
        new = dict(random.sample(list(holder.items()), len(holder)))
    text = sample.text(replaced(record, path[:-1], new)).replace('\\u0000":', '":')
    return Mutant(index, path, how, old, None, text)


def meanings(  # noqa: PLR0911 - one kind of value after the other
    old: Any, random: Random
) -> tuple[str, Any] | None:
    """A value of the same look that means another thing; None where the value has no meaning."""
    if isinstance(old, bool) or not isinstance(old, str | int | float):
        return None
    text = str(old)
    if ADDRESS.fullmatch(text) and random.random() < 0.5:
        return "same address", random.choice((text.upper(), f" {text} ", f"{text}\u200b"))
    stamp = moment(old)
    if stamp is not None and random.random() < 0.7:
        delta = timedelta(
            seconds=random.choice((1, -1, 59, 3600, -86_400, 86_400 * 40, -86_400 * 3650))
        )
        new = shifted(old, delta)
        if new is not None and random.random() < 0.7:
            return "shifted", new
        return "stamp", random.choice(
            (
                shifted(old, timedelta(days=365 * 80)) or "2106-01-01T00:00:00Z",
                shifted(old, timedelta(days=-365 * 50)) or "1960-01-01T00:00:00Z",
                old * 1000 if isinstance(old, int) else f"{text}000",
                old // 1000 if isinstance(old, int) else text[: len(text) // 2],
                re.sub(r"\d\d:", "25:", text, count=1),
                re.sub(r"-\d\d-", "-13-", text, count=1),
                re.sub(r"(Z|[+-]\d\d:?\d\d)$", "", text),
                re.sub(r"(Z|[+-]\d\d:?\d\d)$", "+99:99", text),
            )
        )
    if text.isdecimal() and random.random() < 0.6:
        return "number", random.choice(
            (
                f"{text[0]}.{text[1:6] or 0}E+{len(text) + 10}",
                f"{text}.0",
                f"{text} ",
                float(text) if isinstance(old, int) and len(text) < 300 else f"00{text}",
                f"{text},50",
                f"-{text}",
                f"{text}{'9' * 30}",
            )
        )
    if random.random() < 0.3:
        return "spelling", random.choice((text.upper(), text.swapcase(), f"{text}  ", f"\t{text}"))
    return "meaning", random.choice(MEANS)


ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+|[\w ]+ <[\w.+-]+@[\w.-]+>")
ISO = re.compile(r"(\d{4}-\d\d-\d\d)([T ])(\d\d:\d\d:\d\d)(.*)", re.DOTALL)
COMMON = re.compile(r"(\[?)(\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d)(.*)", re.DOTALL)
MAIL_DATE = re.compile(r"(?:\w{3}, )?\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
EPOCH_SCALES = ((10**9, 10**10, 10**6), (10**12, 10**13, 10**3), (10**15, 10**16, 1))


def moment(value: Any) -> int | None:
    """The instant that a value unambiguously is, zone-less ones as UTC; None when it is none."""
    text = str(value).strip()
    if re.fullmatch(r"\d{10}(\d{3}|\d{6})?", text) and not isinstance(value, bool | float):
        number = int(text)
        return next(
            (number * scale for low, high, scale in EPOCH_SCALES if low <= number < high), None
        )
    try:
        if ISO.fullmatch(text):
            found = datetime.fromisoformat(re.sub(r" UTC$", "Z", text))
            return microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
        if match := COMMON.fullmatch(text):
            zone = match[3].strip(" ]")
            layout = "%d/%b/%Y:%H:%M:%S %z" if zone else "%d/%b/%Y:%H:%M:%S"
            found = datetime.strptime(f"{match[2]} {zone}".strip(), layout)  # noqa: DTZ007 - below
            return microseconds(found if found.tzinfo else found.replace(tzinfo=UTC))
        if MAIL_DATE.match(text):
            return microseconds(parsedate_to_datetime(text))
    except (ValueError, OverflowError):
        return None
    return None


def shifted(value: Any, delta: timedelta) -> Any:
    """The same stamp, in its own layout, later by `delta`; None when it is none."""
    us = moment(value)
    if us is None:
        return None
    text = str(value)
    if text.isdecimal():
        scale = next(scale for low, high, scale in EPOCH_SCALES if low <= int(text) < high)
        new = int(text) + delta // timedelta(microseconds=scale)
        return new if isinstance(value, int) else str(new)
    try:
        if match := ISO.fullmatch(text):
            wall = datetime.fromisoformat(f"{match[1]}T{match[3]}") + delta
            return f"{wall:%Y-%m-%d}{match[2]}{wall:%H:%M:%S}{match[4]}"
        if match := COMMON.fullmatch(text):
            wall = datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S") + delta  # noqa: DTZ007
            return f"{match[1]}{wall:%d/%b/%Y:%H:%M:%S}{match[3]}"
        return format_datetime(parsedate_to_datetime(text) + delta)
    except (ValueError, OverflowError):
        return None


def spans(content: bytes, texts: Sequence[str]) -> list[range]:
    """Where in a file each of its records stands."""
    found, at = [], 0
    for text in texts:
        written = text.encode()
        at = content.index(written, at)
        found.append(range(at, at + len(written)))
        at += len(written)
    return found
