"""What a reader says of each record: an event, refused with reasons, or ignored by rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing.clocks import Clock, Instant
from pipeline.settings import Company, Source


@dataclass(frozen=True, slots=True)
class Feed:
    """One source while one of its files is read.

    Attributes:
        name: The source's name in wend.toml.
        clock: How its stamps are read, with the limits of this landing.
        folder: What a reader leaves here is committed with the file's events; None: nowhere.
        earlier: What readers of this source left so in earlier batches, in no order.
    """

    name: str
    source: Source
    company: Company
    clock: Clock
    folder: Path | None = None
    earlier: tuple[Path, ...] = ()

    def namespace(self, given: str) -> str:
        """The namespace under which this source's `given` identifiers are kept."""
        return self.source.namespaces.get(given, given)


@dataclass(slots=True)
class Profile:
    """What the records of a file had, counted while they are read.

    Attributes:
        fields: Field and Python type of its value -> records.
    """

    record_count: int = 0
    fields: Counter[tuple[str, type]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file of a source.

    Attributes:
        path: Where it lies now.
        name: Its path relative to the project folder.
        file_id: Source and content hash.
        encoding: What the source says its text is in; None: UTF-8, or UTF-16 by its mark.
        profile: Filled by what reads the file; empty where a format has no named fields.
    """

    path: Path
    name: str
    file_id: str
    encoding: str | None = None
    profile: Profile = field(default_factory=Profile, compare=False, repr=False)


class Identifier(NamedTuple):
    """One handle seen on an event, in normal form.

    Attributes:
        role: `actor`, `recipient` or `subject` is the event's one customer: all identifiers of
            one of these roles on one event are one person, and at most one of the three is used
            for customers. `mentioned` are other people (cc), never linked. `agent` is staff.
    """

    namespace: str
    value: str
    role: str
    is_authenticated: bool = False


class Attribute(NamedTuple):
    """What a record says of the event's customer, in normal form: personal data.

    Attributes:
        name: One of settings.ATTRIBUTES, or `consent_email` and its like.
        stated_us: When the record said so, in Unix microseconds, where it names a later instant
            than the event's: a contact's row tells of its creation, and of the name it has by now.
    """

    name: str
    value: str
    stated_us: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event of one record; a record may hold several.

    Attributes:
        own_id: The source's own id of the event; None when it has none and content decides.
        is_merge: The source declares all its customer identifiers to be one person.
        amount_cents: Minor units of `currency`.
        attributes: Of the event's one customer, never of people merely mentioned or staff.
    """

    record_number: int
    own_id: str | None
    channel: str
    kind: str
    kind_raw: str
    occurred: Instant
    identifiers: tuple[Identifier, ...]
    label: str | None = None
    received_us: int | None = None
    source_sequence: int = 0
    actor: str = "customer"
    direction: str = "inbound"
    machine_reason: str | None = None
    device_kind: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    text: str | None = None
    amount_cents: int | None = None
    currency: str | None = None
    score_kind: str | None = None
    score: float | None = None
    link: str | None = None
    is_merge: bool = False
    properties: dict[str, Any] = field(default_factory=dict)
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that cannot become an event, kept whole."""

    record_number: int
    raw: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that a named rule leaves out: an image request, an agent joining a chat."""

    record_number: int
    rule: str


Outcome = Event | Refused | Ignored


# The problem of a line with nothing on it, and the rule that leaves it out.
BLANK = "blank"


class Raw(NamedTuple):
    """One record as the container held it.

    Attributes:
        number: From 1, the record's place in its file.
        text: The record's own text, as it goes to quarantine.
        value: Its parsed form; meaningless when `problem` is set.
        problem: Why it could not even be parsed; BLANK where there was nothing to parse.
    """

    number: int
    text: str
    value: Any = None
    problem: str | None = None


def outcomes(
    records: Iterable[Raw], interpret: Callable[[int, Any], Iterable[Event | Ignored]]
) -> Iterator[Outcome]:
    """Interpret each record; one that raises BadRecord is refused whole, with its text."""
    for raw in records:
        if raw.problem == BLANK:
            yield Ignored(raw.number, BLANK)
            continue
        if raw.problem is not None:
            yield Refused(raw.number, raw.text, raw.problem)
            continue
        try:
            found = list(interpret(raw.number, raw.value))
        except BadRecord as bad:
            yield Refused(raw.number, raw.text, str(bad))
            continue
        yield from found or [Ignored(raw.number, "empty")]
