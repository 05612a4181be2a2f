"""What one run computes: everything its tables depend on, in one digest."""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import polars as pl

from pipeline import publish
from pipeline.errors import NoSuchInstant, RunInProgress, Stale
from pipeline.landing import ledger
from pipeline.resources import sql_folder
from pipeline.room import room_in
from pipeline.settings import FILE_NAME, Settings, identity_key

# Who is one person and who is not, as people decided; a project may do without.
DECISIONS_FILE = "identity_links.csv"
OPTIONAL_FILES = (DECISIONS_FILE, "interventions.csv", "benchmarks.csv")
CATALOGUE_FILES = ("stages.csv", "touchpoints.csv", "notes.csv")


@dataclass(frozen=True, slots=True)
class Job:
    """What one run computes: the same job always gives the same tables.

    Attributes:
        run_id: The day of `as_of` and a digest of all that the result depends on.
        as_of: The instant the reports speak about, ISO in UTC.
        night: Which publish this will be, counted from 1.
        digest: Of the landed batches, the configuration and the code.
        started_at: The wall clock when it was planned, ISO in UTC; for the ledger only.
    """

    run_id: str
    as_of: str
    night: int
    digest: str
    started_at: str

    @property
    def as_of_at(self) -> datetime:
        """`as_of` as an aware instant."""
        return datetime.fromisoformat(self.as_of)


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """Hold the project's lock; it is let go when the process ends, however it ends.

    Raises:
        RunInProgress: Another run holds it.
        DiskFull: There was no room for what was done meanwhile.
    """
    settings.lake.mkdir(parents=True, exist_ok=True)
    with (settings.lake / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RunInProgress(
                f"{settings.folder}: another run is at work; wait for it to end"
            ) from error
        with room_in(settings.folder / "data", "what was published before still stands"):
            yield


def plan(settings: Settings, as_of: datetime | None, now: datetime) -> Job:
    """The job that the landed events and the configuration now ask for.

    `as_of` is the newest landed instant that no machine made, unless one is given.

    Raises:
        NoSuchInstant: The given one lies in the future, or before anything that is landed.
    """
    if as_of is not None:
        _refuse_beyond(settings, as_of, now)
    digest = hashlib.sha256()
    for batch in sorted(ledger.landed(settings.lake).glob("*")):
        digest.update(batch.name.encode() + b"\0")
    for name in (FILE_NAME, *CATALOGUE_FILES):
        digest.update((settings.folder / name).read_bytes() + b"\0")
    for name in OPTIONAL_FILES:
        if (settings.folder / name).is_file():
            digest.update((settings.folder / name).read_bytes() + b"\0")
    # Erasing rewrites batches under their names, and stopping somebody's processing changes none.
    for name in ("tombstones.parquet", "suppressions.parquet", "kept_shared.parquet"):
        if (settings.lake / name).is_file():
            digest.update((settings.lake / name).read_bytes() + b"\0")
    digest.update(code_digest().encode())
    digest.update(identity_key(settings.lake))
    moment = (as_of or newest(settings)).astimezone(UTC)
    digest.update(moment.isoformat().encode())
    published = publish.current_record(settings.published).get("night", 0)
    hexadecimal = digest.hexdigest()
    return Job(
        run_id=f"{moment:%Y-%m-%d}-{hexadecimal[:8]}",
        as_of=moment.isoformat(),
        night=ledger.night(settings.lake, published, now).number,
        digest=hexadecimal,
        started_at=now.isoformat(),
    )


def newest(settings: Settings) -> datetime:
    """The newest landed instant that no machine made; the company's first day before any."""
    _, latest = _span(settings)
    first_day = datetime.combine(settings.company.founded_on, time())
    return (latest or first_day).replace(tzinfo=UTC)


def _refuse_beyond(settings: Settings, as_of: datetime, now: datetime) -> None:
    """Refuse an instant that nothing is known of: silence up to it would be made up."""
    first, latest = (at and at.replace(tzinfo=UTC) for at in _span(settings))
    if first and as_of < first:
        raise NoSuchInstant(f"as_of {as_of.isoformat()}: the oldest record is of {first:%Y-%m-%d}")
    if as_of > max(now, latest or now):
        raise NoSuchInstant(
            f"as_of {as_of.isoformat()} has not come yet; leave it out for the newest record's"
        )


def _span(settings: Settings) -> tuple[datetime | None, datetime | None]:
    """The oldest and the newest landed instant that no machine made, without their zone, UTC."""
    # Which version of an event came first is chance, so all of them are asked.
    versions = [ledger.landed_table(settings.lake, table) for table in ("events", "revisions")]
    first, latest = (
        pl.concat(table.select("is_machine", "occurred_at") for table in versions)
        .filter(~pl.col("is_machine"))
        .select(pl.col("occurred_at").min(), latest=pl.col("occurred_at").max())
        .collect()
        .row(0)
    )
    return first, latest


def code_digest() -> str:
    """A digest of the code that computes the tables."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted([*package.rglob("*.py"), *sql_folder().rglob("*.sql")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def begin(settings: Settings, job: Job) -> None:
    """Clear the work folder for a new job."""
    shutil.rmtree(settings.work, ignore_errors=True)
    settings.work.mkdir(parents=True)
    (settings.work / "job.json").write_text(json.dumps(asdict(job)))


def standing(settings: Settings) -> Job:
    """The job whose results stand under data/work/.

    Raises:
        Stale: There is none.
    """
    path = settings.work / "job.json"
    if not path.is_file():
        raise Stale(f"{settings.work}: no earlier run to take up; run without --from")
    return Job(**json.loads(path.read_text()))


def resume(settings: Settings, step: str) -> Job:
    """The job whose results stand under data/work/, to be taken up from `step`.

    Raises:
        Stale: There is none, or the landed events or the configuration changed since.
    """
    job = standing(settings)
    asked = plan(settings, job.as_of_at, datetime.fromisoformat(job.started_at))
    if asked.digest != job.digest and step not in {"land", "stitch"}:
        raise Stale(
            f"--from {step}: records, configuration or code changed since {job.run_id}; "
            "run without --from"
        )
    return job


def read_seconds(settings: Settings) -> dict[str, float]:
    """How long each step of the standing job took, by name."""
    path = settings.work / "seconds.json"
    return json.loads(path.read_text()) if path.is_file() else {}
