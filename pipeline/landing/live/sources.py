"""Live sources: which ones they are, how they are asked, and what they gave."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from pipeline.errors import BadSettings, SourceRefused, Unreachable
from pipeline.landing.live.fetched import Shelf, Visit, clear, files
from pipeline.landing.staging import Problem
from pipeline.settings import Settings, Source, Storage


def is_live(source: Source) -> bool:
    """Whether a source is asked for what is new, rather than found below the project folder."""
    return source.database is not None or source.mailbox is not None or "://" in source.path


def arrived(
    settings: Settings, name: str, lake: Path, now: datetime
) -> tuple[list[Path], list[Problem]]:
    """Fetch what is new; every file that was ever fetched, and what could not be.

    A source that cannot be reached is a problem of its own: what was fetched before still lands.

    Args:
        settings: The project's configuration.
        name: A live source.
        lake: Where to keep what is fetched; what the project's own lake holds is not asked again.
        now: The instant of the fetch.
    """
    place = _place(settings.sources[name])
    try:
        reasons = fetch(settings, name, lake, now)
    except (Unreachable, BadSettings, SourceRefused) as error:
        reasons = [str(error)]
    found = files(_shelf(settings, name, lake))
    if not found and not reasons:
        reasons = ["there is nothing to fetch yet"]
    return found, [Problem(name, place, reason) for reason in reasons]


def fetch(settings: Settings, name: str, lake: Path, now: datetime) -> Sequence[str]:
    """Fetch what is new in one live source; says what of it could not be taken.

    Raises:
        BadSettings: It is configured wrongly, an environment variable is not set, or the extra
            `live` is not installed.
        SourceRefused: It holds what cannot be kept faithfully.
        Unreachable: It does not answer, or does not let us in.
    """
    source = settings.sources[name]
    shelf = _shelf(settings, name, lake)
    zone = ZoneInfo(source.time_zone) if source.time_zone else None
    clear(shelf)
    ask = _asking(source)
    return ask(Visit(shelf, now, zone, settings.machine)) or ()


def _asking(source: Source) -> Callable[[Visit], Sequence[str] | None]:
    """What fetches from a source.

    Raises:
        BadSettings: Its libraries are not installed.
    """
    room = "pipeline.landing.live"
    try:
        if source.database is not None:
            return partial(import_module(f"{room}.database").fetch, database=source.database)
        if source.mailbox is not None:
            return partial(import_module(f"{room}.mailbox").fetch, mailbox=source.mailbox)
        return partial(
            import_module(f"{room}.storage").fetch,
            path=source.path,
            storage=source.storage or Storage(),
        )
    except ModuleNotFoundError as error:
        raise BadSettings(
            f"live sources need {error.name}; install it with pip install 'wend[live]'"
        ) from error


def _shelf(settings: Settings, name: str, lake: Path) -> Shelf:
    return Shelf(name, (settings.lake,), lake)


def _place(source: Source) -> str:
    """A source's place, for messages; nothing secret."""
    if source.database is not None:
        return source.database.table or "the database query"
    if source.mailbox is not None:
        return f"{source.mailbox.host} {', '.join(source.mailbox.folders)}"
    return source.path
