"""What lies at a source's path and was never landed, in batches of bounded size."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.landing import ledger
from pipeline.landing.record import RawFile
from pipeline.settings import Source

# A batch is what one commit holds: big enough that history is scanned seldom for repeats,
# small enough that a killed run has little to do again.
BATCH_BYTES = 256 * 2**20
BATCH_FILES = 5_000


def discover(folder: Path, source: Source) -> list[Path]:
    """The files that a source's glob names, in the order of their names."""
    return sorted(path for path in folder.glob(source.path) if path.is_file())


def fresh_files(
    folder: Path, name: str, paths: Sequence[Path], known: set[str], stamps: ledger.Stamps
) -> tuple[list[RawFile], ledger.Stamps]:
    """The files whose content was never landed for this source, and the hashes known now."""
    stamps = dict(stamps)
    new: dict[str, RawFile] = {}
    for path in paths:
        relative = path.relative_to(folder).as_posix()
        status = path.stat()
        size, modified, sha = stamps.get(relative, (-1, -1, ""))
        if (size, modified) != (status.st_size, status.st_mtime_ns):
            sha = ledger.content_hash(path)
            stamps[relative] = (status.st_size, status.st_mtime_ns, sha)
        file_id = f"{name}-{sha[:20]}"
        if file_id not in known and file_id not in new:
            new[file_id] = RawFile(path, relative, file_id)
    return list(new.values()), stamps


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
