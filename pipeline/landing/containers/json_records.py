"""JSON files to records: one object a line, or the elements of lists.

A record that cannot be read becomes a problem with its own text, never a gap.
"""

from collections.abc import Generator, Iterator

import orjson

from pipeline.errors import SourceRefused
from pipeline.landing.containers.json_scanner import BROKEN_OFF, Scanner
from pipeline.landing.containers.text_lines import lines
from pipeline.landing.containers.unpacked import KEPT_OF_LONG, RECORD_LIMIT, members, over_long
from pipeline.landing.fields import observed
from pipeline.landing.record import Raw, RawFile


def json_object(number: int, text: str) -> Raw:
    """The record of one JSON object's text; a problem when it is something else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Raw(number, text, None, f"not valid JSON: {error}")
    if not isinstance(value, dict):
        return Raw(number, text, None, "not a JSON object")
    return Raw(number, text, value)


def json_lines(file: RawFile) -> Iterator[Raw]:
    """One record per line that holds a JSON object, numbered by line; `value` is the dict."""
    return observed(
        file,
        (
            raw if raw.problem is not None else json_object(raw.number, raw.text)
            for raw in lines(file)
        ),
    )


def json_array(file: RawFile, *keys: str) -> Iterator[Raw]:
    """One record per element of a JSON list, or of the lists that an object holds under `keys`.

    Several documents may follow one another, as in a file of webhook bodies. An object without
    any of the keys is one record itself. Numbers count the records from 1; `value` is a dict.
    A large document is read piece by piece.

    Raises:
        SourceRefused: The file begins with neither a list nor an object.
    """
    return observed(file, _array(file, keys))


def _array(file: RawFile, keys: tuple[str, ...]) -> Iterator[Raw]:
    """The records of all documents of a file."""
    number = 0
    for name, stream in members(file):
        scanner = Scanner(stream)
        while mark := scanner.peek():
            if mark not in "[{" and number == 0:
                raise SourceRefused(f"{name}: is no JSON list or object; it begins with {mark!r}")
            for raw in document_records(scanner, mark, keys, number):
                number = raw.number
                yield raw


def document_records(
    scanner: Scanner, mark: str, keys: tuple[str, ...], after: int
) -> Iterator[Raw]:
    """The records of the document that begins with `mark`, numbered from `after` on.

    For a reader that must know in which entry of an archive a record stands; the fields of what
    it yields are not noted.
    """
    elements = _elements(scanner, mark, keys)
    for number, (text, problem) in enumerate(elements, start=after + 1):
        yield _element(number, text, problem)


def _element(number: int, text: str, problem: str | None) -> Raw:
    """The record of one element's text, where bytes that are not UTF-8 are lone surrogates."""
    if len(text) > RECORD_LIMIT:
        return over_long(number, text[:KEPT_OF_LONG].encode("utf-8", "surrogateescape"), len(text))
    clear = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if problem is None and clear != text:
        problem = "not UTF-8"
    return json_object(number, clear) if problem is None else Raw(number, clear, None, problem)


def _elements(
    scanner: Scanner, mark: str, keys: tuple[str, ...]
) -> Iterator[tuple[str, str | None]]:
    """The records of the document that begins with `mark`."""
    if mark == "[":
        yield from _list(scanner)
    elif mark == "{" and keys:
        yield from _holder(scanner, keys)
    else:
        yield scanner.value()


def _list(scanner: Scanner) -> Generator[tuple[str, str | None], None, bool]:
    """The texts of a list's elements, and whether it closes; if not, the last is a problem."""
    scanner.at += 1
    problem = None
    while (mark := scanner.peek()) != "]":
        if mark == "":
            if problem is None:
                yield "", "the document ends before its list does"
            return False
        if mark == ",":
            scanner.at += 1
            continue
        text, problem = scanner.value()
        yield text, problem
    scanner.at += 1
    return True


def _holder(scanner: Scanner, keys: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    """The elements of an object's lists under `keys`, or the object itself without them."""
    seen = ["{"]
    has_list = False
    scanner.at += 1
    while (mark := scanner.peek()) not in {"}", ""}:
        if mark == ",":
            scanner.at += 1
            seen.append(",")
            continue
        key, _ = scanner.value()
        seen.append(key)
        if scanner.peek() != ":":
            yield "".join(seen), None
            return
        scanner.at += 1
        if scanner.peek() == "[" and key[1:-1] in keys:
            has_list = True
            if not (yield from _list(scanner)):
                return
            continue
        text, problem = scanner.value()
        seen += [] if has_list else [":", text]
        if problem is not None or sum(map(len, seen)) > RECORD_LIMIT:
            yield "".join(seen), problem
            return
    scanner.at += len(mark)
    seen.append(mark)
    if mark == "" or not has_list:
        yield "".join(seen), None if mark else BROKEN_OFF
