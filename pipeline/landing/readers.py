"""What reads the files of each format, and what their format and wend.toml say of them.

Modules are imported when they are first used, so that a command loads only what it reads.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from pathlib import PurePosixPath
from typing import cast

from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing.fields import Documented
from pipeline.landing.formats import Format, format_named
from pipeline.landing.plain import Plain
from pipeline.landing.record import Feed, Outcome, RawFile
from pipeline.settings import Source


def read(layout: Format, file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the file's records became, one by one."""
    return cast("Iterator[Outcome]", import_module(layout.module).read(file, feed))


def read_plain(layout: Format, file: RawFile, feed: Feed, plain: Plain) -> Iterator[Outcome]:
    """Write the plain events of a file; what its other records became, one by one.

    Only where there is a `plain_module`.
    """
    assert layout.plain_module is not None
    module = import_module(layout.plain_module)
    return cast("Iterator[Outcome]", module.read(file, feed, plain))


def read_many(
    layout: Format, files: Sequence[RawFile], feed: Feed, plain: Plain
) -> Iterator[tuple[RawFile, Outcome | SourceRefused]]:
    """The same for many files; a refusal is the last that is said of its file.

    Only where the `plain_module` reads many.
    """
    assert layout.plain_module is not None
    found = import_module(layout.plain_module).read_many(files, feed, plain)
    return cast("Iterator[tuple[RawFile, Outcome | SourceRefused]]", found)


def documented_fields(layout: Format) -> Documented:
    """The fields of a record by the vendor's documents, where the reader's module lists them.

    The module's RECORD_FIELDS, needed where records of one source differ in their fields, and
    its VARIED_FIELDS, whose values are of several kinds.
    """
    module = import_module(layout.module)
    return Documented(
        names=getattr(module, "RECORD_FIELDS", frozenset()),
        varied=getattr(module, "VARIED_FIELDS", frozenset()),
    )


def one_by_one(layout: Format, files: Sequence[RawFile], feed: Feed) -> list[list[RawFile]]:
    """The files of a stateful format, each alone, in the order in which they speak."""
    ordered = import_module(layout.module).in_order(files, feed)
    return [[file] for file in ordered]


def file_identity(name: str, source: Source) -> Callable[[str, str], str]:
    """What gives a file of the source called `name` its id, from path and content hash."""
    is_dated = source.snapshot is not None and source.snapshot.file_date is not None
    return partial(by_name_and_content if is_dated else by_content, name)


def by_content(source: str, _path: str, sha: str) -> str:
    """The id of a file that is what it holds, whatever it is called."""
    return f"{source}-{sha[:20]}"


def by_name_and_content(source: str, path: str, sha: str) -> str:
    """The id of a file whose name says when it was taken: the same rows, but of another day."""
    named = hashlib.sha256(f"{PurePosixPath(path).name}/{sha}".encode()).hexdigest()
    return f"{source}-{named[:20]}"


def channel_of(feed: Feed) -> str:
    """The channel of a source's events: wend.toml's, or else its format's.

    Raises:
        BadSettings: Neither names one.
    """
    channel = feed.source.channel or format_named(feed.source.format).default_channel
    if channel is None:
        raise BadSettings(f"sources.{feed.name}: set channel: this format has none of its own")
    return channel


def encoding_of(feed: Feed) -> str | None:
    """What wend.toml says that the text of a source's files is in, if anything.

    Raises:
        BadSettings: The records say so themselves, each for its own parts.
    """
    encoding = feed.source.encoding
    if encoding is not None and format_named(feed.source.format).says_encoding:
        raise BadSettings(
            f"sources.{feed.name}: take encoding out: in the format {feed.source.format} every "
            "record says what it is in"
        )
    return encoding
