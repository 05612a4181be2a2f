"""Lines of many logs as one block: what is done once for a block is done for all of them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.landing.containers.text_lines import Block, text_record
from pipeline.landing.record import Raw, RawFile
from pipeline.landing.web.access_parts import Lines, Places
from pipeline.landing.web.coded import Coded


class Pack(NamedTuple):
    """Lines of some files, one file after another.

    Attributes:
        files: Whose lines they are.
        places: Of each line's file among them.
        numbers: Of the lines in their files.
        whole: The lines, each with its end; UTF-8 without NUL. Some may be blank.
        problems: The lines that are no text, each with its file.
    """

    files: Sequence[RawFile]
    places: NDArray[np.integer[Any]]
    numbers: Places
    whole: bytes
    problems: list[tuple[RawFile, Raw]]


class Numbered(NamedTuple):
    """Which lines events are of.

    Attributes:
        files: Ids of their files, none missing.
        numbers: Of the lines in them.
    """

    files: Coded[str | None]
    numbers: Places


def lines_of(pack: Pack, rows: Places) -> Numbered:
    """Lines by their places in a pack."""
    ids: list[str | None] = [file.file_id for file in pack.files]
    return Numbered(Coded(pack.places[rows], ids), pack.numbers[rows])


def packed(blocks: Sequence[tuple[RawFile, Block]]) -> Pack:
    """Blocks of files as one; those of one file stand together."""
    files = list(dict.fromkeys(file for file, _ in blocks))
    place = {file.file_id: number for number, file in enumerate(files)}
    places = [place[file.file_id] for file, _ in blocks]
    counts = [len(block.numbers) for _, block in blocks]
    return Pack(
        files,
        np.repeat(np.array(places, np.int32), counts),
        np.concatenate([block.numbers for _, block in blocks]),
        b"".join(block.whole for _, block in blocks),
        [(file, raw) for file, block in blocks for raw in block.problems],
    )


def records(pack: Pack, lines: Lines, rows: Places) -> list[Raw]:
    """Lines as the reader gets them."""
    numbers, begins, ends = (each[rows].tolist() for each in (pack.numbers, *lines))
    return [
        text_record(number, pack.whole[begin:end], end - begin)
        for number, begin, end in zip(numbers, begins, ends, strict=True)
    ]
