"""A project's configuration, whole: its sections, and where its data lie."""

from pathlib import Path

from pydantic import Field

from pipeline.settings.company import Company
from pipeline.settings.identity import Identity
from pipeline.settings.section import Channel, Section
from pipeline.settings.sources import Source


class Journeys(Section):
    """When a journey or a session is over.

    Attributes:
        dormancy_days: Silent longer than this, a customer's journey has ended; else so long that
            hardly anybody comes back, as the data say (the table dormancy).
        aftermath_minutes: What a customer does no later than this after an outcome belongs to no
            journey: the way to the outcome is over, and what follows is no new one.
        session_gap_minutes: Silent longer than this in one channel family, a session has.
        session_splits_at_midnight: A session ends at midnight in the company's time zone.
        session_splits_by_campaign: A session ends where an event names another campaign.
        session_id_property: A session ends where this property of an event, the source's own
            session id, changes.
        session_longest_minutes: A session is cut where it gets longer.
        cause_properties: The properties of events that may say why journeys stop; else all of
            few values.
    """

    dormancy_days: float | None = Field(default=None, gt=0)
    aftermath_minutes: float = Field(default=0, ge=0)
    session_gap_minutes: dict[Channel, float] = Field(default_factory=dict)
    session_splits_at_midnight: bool = False
    session_splits_by_campaign: bool = False
    session_id_property: str | None = Field(default=None, pattern='^[^"]+$')
    session_longest_minutes: float | None = Field(default=None, gt=0)
    cause_properties: tuple[str, ...] | None = None


class Learned(Section):
    """What is learned of customers where no rule says it: stages and personas.

    Attributes:
        sample_customers: Models are fitted on so many customers, drawn by chance and the same
            ones each night; all are then told their stages and persona.
        least_customers: Of fewer, nothing is learned.
        most_stages: The largest number of stages that is tried.
        most_personas: The largest number of personas that is tried.
        seed: Of the random beginnings of fits.
    """

    sample_customers: int = Field(default=2_000, ge=100)
    least_customers: int = Field(default=100, ge=30)
    most_stages: int = Field(default=6, ge=1, le=12)
    most_personas: int = Field(default=8, ge=1, le=20)
    seed: int = Field(default=1, ge=0)


class Churn(Section):
    """What leaving means.

    Attributes:
        horizon_days: The score is the chance of no value event within this many days. Who has
            had none for as long has left already, and is not scored.
        min_history_days: A customer known for less is not scored.
        list_size: How many customers the list names.
    """

    horizon_days: float = Field(default=60, gt=0)
    min_history_days: float = Field(default=30, ge=0)
    list_size: int = Field(default=500, ge=1)


class Publish(Section):
    """What analysts get.

    Attributes:
        keep: How many snapshots stay.
        show_identifiers: Publish e-mail addresses and phone numbers in clear.
    """

    keep: int = Field(default=7, ge=1)
    show_identifiers: bool = False


class Machine(Section):
    """How much of the machine a run may use."""

    threads: int = Field(default=2, ge=1)
    memory_gib: float = Field(default=6, gt=0)
    temp_gib: float = Field(default=50, gt=0)


class Settings(Section):
    """A project's configuration, whole and checked."""

    folder: Path
    company: Company
    sources: dict[str, Source]
    identity: Identity = Identity()
    journeys: Journeys = Journeys()
    goals: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    learned: Learned = Learned()
    churn: Churn = Churn()
    publish: Publish = Publish()
    machine: Machine = Machine()

    @property
    def lake(self) -> Path:
        """What was fetched and landed, the ledger and the identity key: all the state there is."""
        return self.folder / "data" / "lake"

    @property
    def work(self) -> Path:
        """Results of a run's steps; may be deleted at any time."""
        return self.folder / "data" / "work"

    @property
    def published(self) -> Path:
        """Snapshots, and the pointer `current` to the newest whole one."""
        return self.folder / "data" / "published"

    @property
    def reports(self) -> Path:
        """Pages and lists."""
        return self.folder / "data" / "reports"
