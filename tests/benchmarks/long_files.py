"""Web calls and access logs as long as a benchmark wants them, of what the simulator wrote."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

CALL_IDS = re.compile(rb'"(messageId|anonymousId|userId)":"[^"]{2}')
CUSTOMER = re.compile(rb"^100(\.\S+ - )(LB\d)?")


def repeated(
    records: list[bytes], again: Callable[[bytes, int], bytes], count: int
) -> Iterator[bytes]:
    """So many records: the given ones, and in each later round what `again` makes of them."""
    for number in range(count):
        turn, place = divmod(number, len(records))
        yield again(records[place], turn) if turn else records[place]


def calls(folder: Path, target: Path, count: int) -> None:
    """Write so many web calls: the company's own, each round under new ids."""
    (given,) = folder.iterdir()
    with target.open("wb") as file:
        file.writelines(repeated(given.read_bytes().splitlines(keepends=True), _call, count))


def _call(line: bytes, turn: int) -> bytes:
    """A web call of other people."""
    return CALL_IDS.sub(rb'"\1":"%02x' % turn, line)


def requests(folder: Path, target: Path, count: int) -> None:
    """Write so many lines of an access log: the company's own, each round of new customers."""
    lines = [line for path in sorted(folder.iterdir()) for line in path.open("rb")]
    with target.open("wb") as file:
        file.writelines(repeated(lines, _request, count))


def _request(line: bytes, turn: int) -> bytes:
    """A request of another customer from another address."""
    login = b"LB%d" % (turn + 1)
    return CUSTOMER.sub(
        lambda found: b"%d%s%s" % (100 + turn, found[1], login if found[2] else b""), line
    )
