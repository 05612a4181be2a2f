"""What lies at a source's path and was never landed, in batches of bounded size."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import SourceRefused
from pipeline.landing import ledger
from pipeline.landing.record import RawFile
from pipeline.settings import Source

# A batch is what one commit holds: big enough that history is scanned seldom for repeats,
# small enough that a killed run has little to do again.
BATCH_BYTES = 256 * 2**20
BATCH_FILES = 5_000
# A file that shrank to less than this is taken for half written.
LEAST_SHARE = 0.5
CUT_OFF = (
    "less than half of what it was when it was last read: half written? fetch it again; "
    "if it is right, give it another name"
)
NO_FILE = "no file matches this path"
# Of other kinds of files one sees where they were cut off.
OPEN_ENDED = {".csv", ".tsv", ".txt"}
WRITTEN_SECONDS = 60
STILL_WRITTEN = (
    f"was written to less than {WRITTEN_SECONDS} seconds ago, and its last line has no end: it may "
    "go on; the next run takes it"
)


def discover(folder: Path, source: Source) -> list[Path]:
    """The files that a source's glob names, in the order of their names.

    Raises:
        SourceRefused: There is none, or nobody can look there.
    """
    found = named(folder, source.path)
    if not found and (folder / _whole(source.path)).is_dir():
        raise SourceRefused(f"is a folder; write {source.path.rstrip('/')}/* for the files in it")
    if not found:
        raise SourceRefused(NO_FILE)
    return found


def named(folder: Path, pattern: str) -> list[Path]:
    """The files that a glob names: below `folder`, unless it begins with / or ~.

    Raises:
        SourceRefused: It is no glob, or nobody can look there.
    """
    try:
        whole = _whole(pattern)
        if (folder / whole).is_dir():
            return []
        # Only what is relative can be a glob: an absolute one begins at the root.
        start = Path(whole.anchor) if whole.is_absolute() else folder
        found = start.glob(whole.relative_to(whole.anchor).as_posix())
        return sorted(path for path in found if path.is_file())
    except OSError as error:
        raise SourceRefused(f"cannot be looked at: {error.strerror}") from error
    except ValueError as error:
        raise SourceRefused(f"cannot be a path: {error}") from error


def _whole(pattern: str) -> Path:
    """A glob whose ~ is the home folder; where nobody is called so, it stays as it is."""
    try:
        return Path(pattern).expanduser()
    except RuntimeError:
        return Path(pattern)


class Arrivals(NamedTuple):
    """What was found at a source's path.

    Attributes:
        new: Files to land.
        unread: Path of each file that is left for another night -> why.
        copies: Path of each file first looked at now -> that of the file with the same content
            beside it, whose records it would repeat.
        stamps: All files as they are now, but those left as they were.
    """

    new: list[RawFile]
    unread: dict[str, str]
    copies: dict[str, str]
    stamps: ledger.Stamps


def fresh_files(
    folder: Path,
    identity: Callable[[str, str], str],
    paths: Sequence[Path],
    known: Mapping[str, str],
    stamps: ledger.Stamps,
) -> Arrivals:
    """The files whose content was never landed for this source.

    Args:
        folder: The project's.
        identity: Gives a file's id, from its path and the hash of its content.
        paths: What lies at the source's path.
        known: Id of each landed file -> the path that it landed from.
        stamps: The files as they were when they were last looked at.
    """
    stamps = dict(stamps)
    new: dict[str, RawFile] = {}
    ids: dict[str, str] = {}
    fresh: list[str] = []
    unread: dict[str, str] = {}
    for path in paths:
        # What `wend check` fetches lies elsewhere.
        relative = (path.relative_to(folder) if folder in path.parents else path).as_posix()
        before = stamps.get(relative)
        try:
            now = _looked_at(path, before)
        except OSError as error:
            unread[relative] = f"cannot be read: {error.strerror}; the next run tries again"
            continue
        if is_cut_off(before, now):
            unread[relative] = CUT_OFF
            continue
        stamps[relative] = now
        if before is None or before.sha != now.sha:
            fresh.append(relative)
        file_id = ids[relative] = identity(relative, stamps[relative].sha)
        if file_id not in known and file_id not in new:
            new[file_id] = RawFile(path, relative, file_id)
    landed = {**known, **{file_id: file.name for file_id, file in new.items()}}
    # A file that was renamed, as logs are when they are rotated, is no copy: the first is gone.
    copies = {
        relative: landed[ids[relative]]
        for relative in fresh
        if landed[ids[relative]] != relative and ids.get(landed[ids[relative]]) == ids[relative]
    }
    return Arrivals(list(new.values()), unread, copies, stamps)


def _looked_at(path: Path, before: ledger.Stamp | None) -> ledger.Stamp:
    """A file as it is; one of the same size and time is not read again."""
    status = path.stat()
    if before is not None and before[:2] == (status.st_size, status.st_mtime_ns):
        return before
    return ledger.stamp(path)


def is_cut_off(before: ledger.Stamp | None, now: ledger.Stamp) -> bool:
    """Whether a file that begins as it did has lost most of what it held.

    A log that was rotated begins otherwise, and an export of the next day is about as long.
    """
    return (
        before is not None
        and now.byte_count < LEAST_SHARE * before.byte_count
        and before.head.startswith(now.head)
    )


def is_still_written(path: Path, now: ledger.Stamp, at: datetime) -> bool:
    """Whether a table or text that is no older than a minute at `at` may end within a record.

    A cut through its last field would leave a record that is sound and untrue.
    """
    age_seconds = at.timestamp() - now.modified_ns / 1e9
    if (
        path.suffix.lower() not in OPEN_ENDED
        or now.byte_count < 2
        or not 0 <= age_seconds < WRITTEN_SECONDS
    ):
        return False
    try:
        with path.open("rb") as file:
            file.seek(-2, os.SEEK_END)
            # The end of a line in UTF-16 has a second byte of nought.
            return not file.read().strip(b"\0").endswith((b"\n", b"\r"))
    except OSError:
        # What cannot be read is refused where it is read.
        return False


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
