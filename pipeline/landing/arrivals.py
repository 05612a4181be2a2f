"""What lies at a source's path and was never landed, in batches of bounded size."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.landing import ledger
from pipeline.landing.record import RawFile
from pipeline.settings import Source

# A batch is what one commit holds: big enough that history is scanned seldom for repeats,
# small enough that a killed run has little to do again.
BATCH_BYTES = 256 * 2**20
BATCH_FILES = 5_000
# A file that shrank to less than this is taken for half written.
LEAST_SHARE = 0.5


def discover(folder: Path, source: Source) -> list[Path]:
    """The files that a source's glob names, in the order of their names."""
    return sorted(path for path in folder.glob(source.path) if path.is_file())


class Arrivals(NamedTuple):
    """What was found at a source's path.

    Attributes:
        new: Files to land.
        cut_off: Paths of files that lost most of what they held when last looked at.
        stamps: All files as they are now, but those cut off as they were.
    """

    new: list[RawFile]
    cut_off: list[str]
    stamps: ledger.Stamps


def fresh_files(
    folder: Path,
    identity: Callable[[str, str], str],
    paths: Sequence[Path],
    known: set[str],
    stamps: ledger.Stamps,
) -> Arrivals:
    """The files whose content was never landed for this source.

    `identity` gives a file's id, from its path and the hash of its content.
    """
    stamps = dict(stamps)
    new: dict[str, RawFile] = {}
    cut_off: list[str] = []
    for path in paths:
        # What `wend check` fetches lies elsewhere.
        relative = (path.relative_to(folder) if folder in path.parents else path).as_posix()
        status = path.stat()
        before = stamps.get(relative)
        if before is None or before[:2] != (status.st_size, status.st_mtime_ns):
            now = ledger.stamp(path)
            if is_cut_off(before, now):
                cut_off.append(relative)
                continue
            stamps[relative] = now
        file_id = identity(relative, stamps[relative].sha)
        if file_id not in known and file_id not in new:
            new[file_id] = RawFile(path, relative, file_id)
    return Arrivals(list(new.values()), cut_off, stamps)


def is_cut_off(before: ledger.Stamp | None, now: ledger.Stamp) -> bool:
    """Whether a file that begins as it did has lost most of what it held.

    A log that was rotated begins otherwise, and an export of the next day is about as long.
    """
    return (
        before is not None
        and now.byte_count < LEAST_SHARE * before.byte_count
        and before.head.startswith(now.head)
    )


def batches(files: Sequence[RawFile]) -> Iterator[list[RawFile]]:
    """Files in groups of bounded bytes and number, in order; a large file stands alone."""
    batch: list[RawFile] = []
    size = 0
    for file in files:
        byte_count = file.path.stat().st_size
        if batch and (size + byte_count > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += byte_count
    if batch:
        yield batch
