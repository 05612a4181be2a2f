"""Raw copies: what Wend fetched itself is removed; what the company put beside it is rewritten.

A fetched file goes whole: all that it holds of others has landed. A file of the company's own in
the data folder is rewritten only where a line is a record; any other is named, for the company to
remove.
"""

import csv
import gzip
import io
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from pipeline.landing import ledger
from pipeline.landing.arrivals import named
from pipeline.privacy import search, tombstones
from pipeline.privacy.gate import RULE
from pipeline.privacy.rewording import named_in_path, reworded_path
from pipeline.privacy.search import Needles
from pipeline.privacy.spellings import for_python
from pipeline.settings import Settings

# A line is a record in these formats, whatever it holds.
LINE_FORMATS = frozenset({"access_log", "s3_log", "elb_log", "haproxy_log", "json_log"})
FETCHED = "data/lake/fetched/"


def remove_fetched(lake: Path, wanted: Needles) -> int:
    """Remove every fetched file that names the person; says how many there were."""
    found = search.holders(fetched(lake), wanted)
    for path in found:
        path.unlink()
    return len(found)


def fetched(lake: Path) -> list[Path]:
    """Every raw file that Wend fetched, without the notes on how far it read."""
    return sorted(path for path in (lake / "fetched").glob("*/*/files/**/*") if path.is_file())


def settle(settings: Settings) -> None:
    """Remove fetched files of which the ledger says that they held a record of somebody erased.

    They may be fetched again as long as their source tells of the person; they never stay.
    """
    if not tombstones.exist(settings.lake) or not (settings.lake / "fetched").is_dir():
        return
    rows = ledger.files(settings.lake).select("path", "ignored_rules")
    for path, rules in rows.iter_rows():
        if path.startswith(FETCHED) and RULE in orjson.loads(rules):
            (settings.folder / path).unlink(missing_ok=True)


def own(settings: Settings) -> Iterator[Path]:
    """Files that the company keeps in the project's data folder."""
    data = settings.folder / "data"
    ours = (settings.lake, settings.work, settings.published, settings.reports)
    for path in sorted(data.rglob("*")):
        if path.is_file() and not any(folder in path.parents for folder in ours):
            yield path


def rewrite_own(settings: Settings, wanted: Needles) -> Counter[str]:
    """Take the lines that name the person out of the company's files in the data folder.

    Returns:
        How many lines went (`lines`), and how many files could not be rewritten (`left`).
    """
    found: Counter[str] = Counter()
    stamps = ledger.read_stamps(settings.lake)
    lined = line_files(settings)
    for path in search.holders(own(settings), wanted):
        lines = _lines(path)
        kept = None if lines is None else _kept(path, lines, wanted, is_lined=path in lined)
        if lines is None or kept is None:
            found["left"] += 1
            continue
        _write(path, kept)
        found["lines"] += len(lines) - len(kept)
        name = path.relative_to(settings.folder).as_posix()
        if name in stamps:
            # As it is now it has landed: only what others said is left.
            now = ledger.stamp(path)
            stamps[name] = now._replace(sha=stamps[name].sha)
    ledger.write_stamps(settings.lake, stamps)
    return +found


def line_files(settings: Settings) -> set[Path]:
    """The files of sources whose format says that a line is a record."""
    return {
        path
        for source in settings.sources.values()
        if source.format in LINE_FORMATS and source.path and "://" not in source.path
        for path in named(settings.folder, source.path)
    }


def _lines(path: Path) -> list[bytes] | None:
    """A file's lines with their ends; None where it is no text that we can write again."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        packed = start.startswith(b"\x1f\x8b")
        content = gzip.decompress(file.read()) if packed else file.read()
    if b"\0" in content or start.startswith((b"BZh", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"PAR1")):
        return None
    return content.splitlines(keepends=True)


def _kept(path: Path, lines: list[bytes], wanted: Needles, *, is_lined: bool) -> list[bytes] | None:
    """The lines that do not name the person; None where a line may be less than a record."""
    if not (is_lined or _is_json_lines(lines) or (path.suffix == ".csv" and _is_flat_csv(lines))):
        return None
    told = search.naming(lines, wanted)
    return [line for line, is_theirs in zip(lines, told, strict=True) if not is_theirs]


def _is_json_lines(lines: Iterable[bytes]) -> bool:
    """Whether each line that holds anything is one JSON object."""
    try:
        return all(isinstance(orjson.loads(line), dict) for line in lines if line.strip())
    except orjson.JSONDecodeError:
        return False


def _is_flat_csv(lines: list[bytes]) -> bool:
    """Whether no cell of a table holds a line end."""
    try:
        text = b"".join(lines).decode("utf-8-sig")
        return len(list(csv.reader(io.StringIO(text, newline=""), strict=True))) == len(lines)
    except (UnicodeDecodeError, csv.Error):
        return False


def _write(path: Path, lines: list[bytes]) -> None:
    """Write a file anew, packed as it was."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    content = b"".join(lines)
    staged = path.with_name(f".{path.name}.erasing")
    staged.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    os.chmod(staged, path.stat().st_mode)  # noqa: PTH101 - a mode, copied
    tombstones.replace(staged, path)


def forget_stamps(lake: Path, wanted: Needles) -> int:
    """Forget when files were looked at whose paths name the person; says how many."""
    stamps = ledger.read_stamps(lake)
    names = for_python(wanted.expression)
    kept = {path: stamp for path, stamp in stamps.items() if not named_in_path(path, names)}
    if len(kept) < len(stamps):
        ledger.write_stamps(lake, kept)
    return len(stamps) - len(kept)


def holders(settings: Settings, wanted: Needles) -> list[str]:
    """The company's own files that name the person; their paths without names.

    Looks at what the sources' globs find, at the files of the project folder itself and at what
    the company keeps in its data folder.
    """
    names = for_python(wanted.expression)
    paths = {path for path in settings.folder.iterdir() if path.is_file()}
    for source in settings.sources.values():
        if source.path and "://" not in source.path:
            paths.update(named(settings.folder, source.path))
    data = settings.folder / "data"
    found = {path for path in paths if data not in path.parents} | set(own(settings))
    return [
        reworded_path(_relative(path, settings.folder), names)
        for path in search.holders(sorted(found), wanted)
    ]


def _relative(path: Path, folder: Path) -> str:
    return (path.relative_to(folder) if folder in path.parents else path).as_posix()


def without_names(paths: Iterable[str], wanted: Needles) -> list[str]:
    """Paths that can be shown: without the person's names."""
    names = for_python(wanted.expression)
    return [reworded_path(path, names) for path in paths]
