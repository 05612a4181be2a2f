"""A file that somebody writes while it is read is left to the next run."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import SourceRefused
from pipeline.landing.record import RawFile


@contextmanager
def steady(file: RawFile) -> Iterator[None]:
    """While a file is read.

    Raises:
        SourceRefused: It changed meanwhile; that comes before what else it is refused for.
    """
    before = _written(file)
    try:
        yield
    except SourceRefused as refusal:
        if _written(file) != before:
            raise _changed(file) from refusal
        raise
    if _written(file) != before:
        raise _changed(file)


def _written(file: RawFile) -> tuple[int, int]:
    """Size and time of the file as it was last written."""
    status = file.path.stat()
    return status.st_size, status.st_mtime_ns


def _changed(file: RawFile) -> SourceRefused:
    """What is said of a file that changed."""
    return SourceRefused(f"{file.name}: changed while it was read; the next run takes it")
