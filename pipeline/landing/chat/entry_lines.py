"""Text lines with the name of the file or .zip entry that holds them."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from pipeline.landing.containers.text_lines import byte_lines, text_record
from pipeline.landing.containers.unpacked import members
from pipeline.landing.record import Raw, RawFile

# What people pack beside a chat: pictures, voice messages.
TEXTS = {".txt", ".log", ".text", ""}


class Line(NamedTuple):
    """One text line that is not blank.

    Attributes:
        entry: The name of the file, or of the entry of a .zip, without folders.
    """

    entry: str
    raw: Raw


def entry_lines(file: RawFile) -> Iterator[Line]:
    """The lines of a file, or of the texts in a .zip, numbered through the file.

    Raises:
        SourceRefused: As for `containers.members`.
    """
    number = 0
    for name, stream in members(file):
        entry = PurePosixPath(name.removeprefix(f"{file.name}:")).name
        is_packed = name != file.name
        if is_packed and PurePosixPath(entry).suffix.lower() not in TEXTS:
            continue
        for line, length in byte_lines(stream):
            number += 1
            yield Line(entry, text_record(number, line, length))
