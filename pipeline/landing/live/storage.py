"""Objects of an object storage to files of their own names, through fsspec.

Used: the listing of a URL glob (`s3://bucket/web/*.jsonl.gz`; `*` stays within a folder, `**/` goes
below) and the objects' bytes. Any file system that fsspec knows will do if its listing tells an
ETag or a time of change; s3fs comes with the extra `live`.

The cursor is each object's ETag, size and time of change: an object that was rewritten is fetched
again, whole, and its records landed before are duplicates. The order of keys means nothing, so an
object that arrives late is found whatever its name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import fsspec  # type: ignore[import-untyped]
from aiohttp import ClientError as HttpError
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from pipeline.errors import BadSettings, Unreachable
from pipeline.landing.live.fetched import Visit, batches, commit, redacted, staged
from pipeline.settings import Storage, secret

FAILURES = (OSError, BotoCoreError, ClientError, HttpError)
# So much is committed before the fetch goes on.
PART_BYTES = 256 * 2**20
PART_OBJECTS = 500
# A longer object comes in several pieces, and might be rewritten between two of them.
PIECE_BYTES = 2**20
# Each file system names them in its own way.
TAGS = ("ETag", "etag")
TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified")


class Object(NamedTuple):
    """An object as the storage tells it.

    Attributes:
        state: What changes whenever its content does.
    """

    key: str
    size: int
    state: str


def fetch(visit: Visit, path: str, storage: Storage) -> list[str]:
    """Fetch the objects that are new or rewritten since the last fetch, some at a time.

    Returns:
        What could not be taken though the rest was.

    Raises:
        BadSettings: An environment variable is not set; no such protocol, option or pattern.
        Unreachable: The storage cannot be reached, or refuses us.
    """
    given = {name: secret(variable) for name, variable in storage.options_env.items()}
    protocol, _, rest = path.partition("://")
    # Under another endpoint the same keys are other objects.
    origin = json.dumps([path, storage.options], sort_keys=True)
    try:
        system = _file_system(protocol, {**storage.options, **given})
        return _take(visit, system, path, origin)
    except FAILURES as error:
        place = f"{protocol}://{rest.partition('/')[0]}"
        raise Unreachable(f"{place}: {redacted(error, given.values())}") from None


def _file_system(protocol: str, options: Mapping[str, Any]) -> Any:
    """The file system of a URL, which keeps no listing of its own.

    Raises:
        BadSettings: There is none, or it has no such option.
    """
    try:
        return fsspec.filesystem(
            protocol, **options, skip_instance_cache=True, use_listings_cache=False
        )
    except (ValueError, ImportError, TypeError) as error:
        raise BadSettings(f"{protocol}: {redacted(error, map(str, options.values()))}") from None


def _take(visit: Visit, system: Any, path: str, origin: str) -> list[str]:
    """Commit the objects whose state no batch knows; says what could not be taken."""
    known: dict[str, str] = {}
    for batch in batches(visit.shelf, origin):
        known.update(batch.cursor["objects"])
    listed = _listed(system, path)
    problems = [
        f"{found.key}: its name is no path of a file; rename it"
        for found in listed
        if not _is_path(found.key)
    ]
    if known and not listed:
        problems.append("lists no object any more; is it still the same bucket and folder?")
    wanted = [one for one in listed if _is_path(one.key) and known.get(one.key) != one.state]
    for part in _parts(wanted):
        with staged(visit.shelf) as staging:
            refused = _download(system, part, staging / "files")
            problems.extend(refused.values())
            taken = {one.key: one.state for one in part if one.key not in refused}
            if taken:
                commit(visit.shelf, staging, origin, {"objects": taken})
    return problems


def _listed(system: Any, path: str) -> list[Object]:
    """The objects that a URL glob names, in the order of their keys.

    Raises:
        BadSettings: The glob is none, or the listing tells no change.
    """
    try:
        found = system.glob(path, detail=True)
    except ValueError as error:
        raise BadSettings(f"{path}: {error}") from None
    return [_object(key, told) for key, told in sorted(found.items()) if told["type"] == "file"]


def _object(key: str, told: Mapping[str, Any]) -> Object:
    """An object from what the storage tells of it.

    Raises:
        BadSettings: It tells neither an ETag nor a time of change.
    """
    tag = next((str(told[name]).strip('"') for name in TAGS if told.get(name)), "")
    changed = next((_second(told[name]) for name in TIMES if told.get(name)), "")
    if not tag and not changed:
        raise BadSettings(f"{key}: this storage tells neither ETag nor time of change; fetch files")
    return Object(key, told["size"], f"{tag} {told['size']} {changed}")


def _second(moment: object) -> str:
    """A time of change to the second, which is all that some answers of one storage tell."""
    if isinstance(moment, datetime):
        return str(int(moment.timestamp()))
    return str(int(moment)) if isinstance(moment, float) else str(moment)


def _is_path(key: str) -> bool:
    """Whether a key can be the path of a file below a folder, and of no other."""
    steps = key.split("/")
    return all(step not in {"", ".", ".."} and len(step.encode()) < 256 for step in steps) and (
        "\0" not in key
    )


def _parts(wanted: Sequence[Object]) -> Iterator[list[Object]]:
    """Objects in groups of bounded bytes and number."""
    part: list[Object] = []
    size = 0
    for found in wanted:
        if part and (size + found.size > PART_BYTES or len(part) >= PART_OBJECTS):
            yield part
            part, size = [], 0
        part.append(found)
        size += found.size
    if part:
        yield part


def _download(system: Any, part: Sequence[Object], folder: Path) -> dict[str, str]:
    """Fetch objects below a folder; returns key -> why it could not be taken."""
    paths = {found.key: folder / found.key for found in part}
    for path in paths.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    refused = {}
    try:
        system.get(list(paths), [str(path) for path in paths.values()])
    except (FileNotFoundError, PermissionError):
        # One of them is gone or locked: the others are taken one by one.
        for key, path in paths.items():
            try:
                system.get_file(key, str(path))
            except (FileNotFoundError, PermissionError) as error:
                refused[key] = f"{key}: {type(error).__name__}: {error}"
    for found in part:
        if found.key not in refused and _is_torn(system, found, paths[found.key]):
            refused[found.key] = f"{found.key}: changed while it was fetched; the next run takes it"
    for key in refused:
        paths[key].unlink(missing_ok=True)
    return refused


def _is_torn(system: Any, found: Object, path: Path) -> bool:
    """Whether a file may hold pieces of two versions of its object."""
    if path.stat().st_size != found.size:
        return True
    if found.size <= PIECE_BYTES:
        return False
    return _object(found.key, system.info(found.key)).state != found.state
