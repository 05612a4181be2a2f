"""wend.toml to Settings: the only reader of configuration and environment."""

import codecs
import ipaddress
import os
import re
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import BadSettings, NoProject
from pipeline.landing.formats import format_named

FILE_NAME = "wend.toml"
CHANNELS = ("web", "chat", "email", "crm", "phone", "survey", "social", "store")
# What may be known of a person, beside consent_<purpose>.
ATTRIBUTES = (
    *("full_name", "given_name", "family_name", "birth_on", "gender", "street", "city"),
    *("postcode", "region", "country", "company", "job_title", "language"),
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; write one such as 'Europe/London'"
        ) from error
    return name


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"unknown encoding {name!r}; write one such as 'cp1252'") from error
    return found.name


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(f"{error}; write a range such as '66.249.64.0/19'") from error


def _format(name: str) -> str:
    try:
        format_named(name)
    except BadSettings as error:
        raise ValueError(str(error)) from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]
AttributeName = Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTES)}|consent_[a-z][a-z_]*)$")]
GoldenAttribute = Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTES)})$")]
Strategy = Literal["source_priority", "most_recent", "majority", "most_complete"]
Network = Annotated[str, AfterValidator(_network)]
# A name, so that a secret written in its place is noticed.
EnvironmentName = Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
SECRET_OPTION = re.compile("secret|password|token|credential|key|sas|connection", re.IGNORECASE)
Channel = Literal["web", "chat", "email", "crm", "phone", "survey", "social", "store"]


class _Section(BaseModel):
    """One section of wend.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_AnySection = TypeVar("_AnySection", bound=_Section)


class Company(_Section):
    """Whose logs these are.

    Attributes:
        time_zone: The business zone; days on pages are its days.
        founded_on: A stamp before this day is refused.
        email_domains: Addresses at these domains are staff, never customers.
        phones: The company's own numbers, never customers.
        handles: The company's own names on social networks, never customers.
        phone_region: How a national phone number is read, such as GB.
        machine_ranges: Addresses of the network from which no person comes, such as those of
            crawlers and of the company's own monitoring: 66.249.64.0/19.
    """

    name: str
    time_zone: Zone = "UTC"
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")
    founded_on: date = date(1995, 1, 1)
    email_domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    phone_region: str = Field(default="GB", pattern="^[A-Z]{2}$")
    machine_ranges: tuple[Network, ...] = ()


class Columns(_Section):
    """How a generic or survey source's columns become an event.

    A value that begins with `=` is a constant: `kind = "=call_answered"`.

    Attributes:
        occurred_at: The column of when it happened, in the source's time_format.
        kind: The column of what happened, in the source's own words.
        own_id: The column of the record's own id, by which it is known when it comes again.
        label: The column of what tells events of one kind apart, such as a page or a queue.
        received_at: The column of when the source took it in.
        text: The column of what was said or written.
        amount: The column of a sum of money in major units.
        currency: The column of its currency; else the company's.
        score_kind: The column of nps, csat or ces.
        score: The column of a survey's score, on the scale of its kind.
        object_kind: The column of what the event is about, such as order.
        object_id: The column of that object's id.
        link: The column of the record's address in its source.
        actor: The column of customer, agent, bot or system.
        direction: The column of inbound, outbound or internal.
        sequence: The column of whole numbers that put the records of one instant in order.
        user_agent: The column of the browser's User-Agent, which tells device and machine.
        device_kind: The column of desktop, mobile or tablet; any other word is `other`.
        identifiers: Namespace -> the column of the customer's identifier in it.
        merged: Namespace -> the column of another one in the same namespace, which the row
            declares to be the same person (its kind is identity_merged) or another one after
            all (identity_unmerged).
        attributes: What is known of the customer -> its column: full_name = "Client name".
        id_widths: Column of ids -> how many digits each has, so that lost leading noughts show.
        properties: Columns that are kept as properties of the event.
        ignore: Columns that mean nothing here; a column that is in no list refuses the file.
    """

    occurred_at: str
    kind: str
    own_id: str | None = None
    label: str | None = None
    received_at: str | None = None
    text: str | None = None
    amount: str | None = None
    currency: str | None = None
    score_kind: str | None = None
    score: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    link: str | None = None
    actor: str | None = None
    direction: str | None = None
    sequence: str | None = None
    user_agent: str | None = None
    device_kind: str | None = None
    identifiers: dict[str, str] = Field(default_factory=dict)
    merged: dict[str, str] = Field(default_factory=dict)
    attributes: dict[AttributeName, str] = Field(default_factory=dict)
    id_widths: dict[str, Annotated[int, Field(ge=1, le=30)]] = Field(default_factory=dict)
    properties: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _widths_are_of_ids(self) -> "Columns":
        known = {*self.identifiers.values(), *self.merged.values()}
        if others := sorted(set(self.id_widths) - known):
            raise ValueError(f"id_widths names {', '.join(others)}, no column of identifiers")
        return self

    @model_validator(mode="after")
    def _merged_with_one(self) -> "Columns":
        if lacking := sorted(set(self.merged) - set(self.identifiers)):
            raise ValueError(
                f"merged names {', '.join(lacking)}, and identifiers does not; "
                "name the column of each of the two"
            )
        return self


class Snapshot(_Section):
    """How a full export without history is compared with the one before it.

    Attributes:
        object_kind: What a row is, such as contact; events are contact_created and so on.
        key: The columns that together name a row's object.
        watch: Columns whose change is an event; "*" is every column not named otherwise.
        identifiers: Namespace -> column; their change is an event, too.
        label: The column whose value is what events are about, such as a stage; watched.
        amount: A sum of money in major units, watched.
        currency: The column of its currency, or `=EUR`.
        created_at: The column of the object's own creation.
        changed_at: The column of the object's last change.
        taken_at: The column of the instant the export was taken at, the same in all rows.
        file_date: Or else where that instant stands in the file's name: a strptime layout of
            the whole name, such as `contacts_%Y-%m-%d.csv`, where `*` is any run of characters.
        ignore: Columns that mean nothing here.
        least_share: An export with less than this share of the last one's objects is refused
            as half written.
    """

    object_kind: str = Field(pattern="^[a-z][a-z0-9_]*$")
    key: tuple[str, ...] = Field(min_length=1)
    watch: tuple[str, ...] = ()
    identifiers: dict[str, str] = Field(default_factory=dict)
    label: str | None = None
    amount: str | None = None
    currency: str | None = None
    created_at: str | None = None
    changed_at: str | None = None
    taken_at: str | None = None
    file_date: str | None = None
    ignore: tuple[str, ...] = ()
    least_share: float = Field(default=0.5, ge=0, le=1)

    @model_validator(mode="after")
    def _one_instant(self) -> "Snapshot":
        if (self.taken_at is None) == (self.file_date is None):
            raise ValueError("say by taken_at or by file_date, and not by both, when it was taken")
        return self


class Database(_Section):
    """A query or table of a PostgreSQL database, fetched over ADBC.

    Attributes:
        url_env: The environment variable with the URL: postgresql://user:password@host/name.
        table: A table or view, `name` or `schema.name`.
        query: Or else a SELECT; each column has a name of its own.
        cursor: The column of a row's last change or its number: an instant, a date or an integer.
            Without one the whole query is fetched each time, into one file.
        key: Columns that order rows of one instant.
        overlap_hours: How long before the newest row fetched the next fetch begins again, so that
            rows which were written late are found. At least as long as the longest transaction.
        overlap_numbers: The same for a cursor of integers.
    """

    url_env: EnvironmentName
    table: str | None = None
    query: str | None = None
    cursor: str | None = None
    key: tuple[str, ...] = ()
    overlap_hours: float = Field(default=24, ge=0)
    overlap_numbers: int = Field(default=10_000, ge=0)

    @model_validator(mode="after")
    def _one_place(self) -> "Database":
        if (self.table is None) == (self.query is None):
            raise ValueError("name a table or write a query, and not both")
        return self


class Mailbox(_Section):
    """An IMAP mailbox, read without marking anything as seen.

    Attributes:
        user_env: The environment variable with the name to log in with.
        password_env: The environment variable with the password.
        folders: The folders to read; mail moved to any other one before a fetch is not seen.
        security: `tls` from the first byte, `starttls`, or `plain`: readable on its way.
        port: Else 993 for tls and 143 for the others.
    """

    host: str = Field(min_length=1)
    user_env: EnvironmentName
    password_env: EnvironmentName
    folders: tuple[Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")], ...] = ("INBOX",)
    security: Literal["tls", "starttls", "plain"] = "tls"
    port: int | None = Field(default=None, ge=1, le=65_535)


class Storage(_Section):
    """How object storage is reached, where the provider's own environment does not say.

    Attributes:
        options: Options of the fsspec file system, such as endpoint_url; nothing secret.
        options_env: Option -> the environment variable with its value, such as
            secret = "LOGS_SECRET".
    """

    options: dict[str, str | int | bool] = Field(default_factory=dict)
    options_env: dict[str, EnvironmentName] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_secrets(self) -> "Storage":
        if named := sorted(name for name in self.options if SECRET_OPTION.search(name)):
            raise ValueError(
                f"{', '.join(named)} may be secret: name an environment variable in options_env"
            )
        return self


class Source(_Section):
    """One configured source.

    Attributes:
        path: A glob below the project folder, or an absolute one, such as /data/web/*.csv or
            ~/web/*.csv, or of an object storage as a URL, such as s3://bucket/web/*.jsonl.gz;
            .gz .bz2 .xz .zst .zip .tar are opened.
        database: Fetch rows from here instead.
        mailbox: Fetch mail from here instead.
        storage: How the object storage of `path` is reached.
        time_zone: The zone of stamps that name none.
        clock_offset_seconds: Added to every stamp of a source whose clock is known to be off.
        time_format: For `generic`, `snapshot`, and surveys, reviews and notes as CSV: iso; s, ms,
            us or ns, Unix times; day-first or month-first, dates in numbers; a strptime layout;
            epoch (a Unix time in the unit that each file proves) or numeric (dates in numbers,
            in the order of day and month that each file proves).
        sheet: Of a spreadsheet, the name of the sheet to read; else the first.
        sound_ids: Columns of ids that are as they should be, though they look as if a
            spreadsheet had damaged them.
        questions: For surveys: question or column -> what its answer is: nps, csat or ces, or
            the customer's own words, text.
        agents: Names, numbers, addresses or ids that are staff, where a chat's export does not
            say who is; everybody else there is a customer.
        namespaces: Renames the namespaces a format gives, such as user_id = "shop_login".
        rank: Among events at one instant, lower comes first.
        max_age_hours: The newest record may be this old before the pages say so.
        encoding: What the files' text is in, such as cp1252, where it is not UTF-8. Mails say it
            themselves.
        on_new_field: What a field does that is new, missing or of another type than in all
            earlier records: `stop` the file until someone looks, or `warn` and land.
    """

    format: Annotated[str, AfterValidator(_format)]
    path: str = ""
    database: Database | None = None
    mailbox: Mailbox | None = None
    storage: Storage | None = None
    channel: Channel | None = None
    time_zone: Zone | None = None
    clock_offset_seconds: int = 0
    time_format: str = "iso"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    sound_ids: tuple[str, ...] = ()
    columns: Columns | None = None
    snapshot: Snapshot | None = None
    questions: dict[str, Literal["nps", "csat", "ces", "text"]] = Field(default_factory=dict)
    agents: tuple[str, ...] = ()
    namespaces: dict[str, str] = Field(default_factory=dict)
    rank: int = 100
    max_age_hours: float = Field(default=48, gt=0)
    on_new_field: Literal["stop", "warn"] = "stop"
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        if [bool(self.path), self.database is not None, self.mailbox is not None].count(True) != 1:
            raise ValueError("give a path, a database section or a mailbox section: one of them")
        if self.storage is not None and "://" not in self.path:
            raise ValueError("a storage section needs a path that is a URL, such as s3://logs/*.gz")
        if "@" in self.path.partition("://")[2].partition("/")[0]:
            raise ValueError("a path names nobody: put user and password into storage.options_env")
        return self

    @model_validator(mode="after")
    def _snapshot_needs_its_section(self) -> "Source":
        if (self.format == "snapshot") != (self.snapshot is not None):
            raise ValueError(
                "format 'snapshot' and a [sources.NAME.snapshot] section need one another"
            )
        return self

    @model_validator(mode="after")
    def _generic_needs_columns(self) -> "Source":
        if self.format == "generic" and self.columns is None:
            raise ValueError("format 'generic' needs a [sources.NAME.columns] section")
        return self


class Namespace(_Section):
    """How far one kind of identifier may be trusted to mean one person.

    Attributes:
        priority: Lower is stronger; an event belongs to its strongest identifier's customer.
        unique_per_customer: Two different values never share a customer, unless declared merged.
        is_strong: Counts towards the fan-out of what it is seen with.
        max_strong: Seen with more distinct values of one strong namespace than this, a value is
            shared by many people (a kiosk cookie, a call-centre phone) and joins nobody.
        limit_count: Seen with more distinct values of one strong namespace than this within any
            `limit_days`, a value is shared, too, whatever `max_strong` allows; 0 for no limit.
        limit_days: How far apart, in event time, the first and the last of them may lie.
        expires_days: An identifier that was seen with nobody it is linked to for longer than this
            carries no new link: it may have passed to another person. 0 for never.
        is_device: Names a browser or a device and not a person: what happened on one that several
            people use belongs to the log-in nearest in time.
        block: Regular expressions of values that name nobody.
    """

    priority: int = Field(default=50, ge=0)
    unique_per_customer: bool = False
    is_strong: bool = False
    max_strong: int = Field(default=3, ge=1)
    limit_count: int = Field(default=0, ge=0)
    limit_days: float = Field(default=1, gt=0)
    expires_days: float = Field(default=0, ge=0)
    is_device: bool = False
    block: tuple[str, ...] = ()


class Match(_Section):
    """Customers who share no identifier, matched by what they say of themselves.

    Attributes:
        accept: Customers become one while they are one person with at least this probability.
        review: Likely pairs that do not are listed for people to decide from this one on.
        attributes: What is compared: attributes of persons, `email` and `phone`.
        seed: Of the random pairs that training looks at.
        training_pairs: How many pairs a lesson of the training may use.
    """

    accept: float = Field(default=0.8, ge=0.5, lt=1)
    review: float = Field(default=0.3, gt=0, lt=1)
    attributes: tuple[GoldenAttribute | Literal["email", "phone"], ...] = (
        *("full_name", "given_name", "family_name", "birth_on", "gender", "street", "city"),
        *("postcode", "region", "country", "company", "job_title", "email", "phone"),
    )
    seed: int = Field(default=1, ge=0)
    training_pairs: int = Field(default=1_000_000, ge=10_000)

    @model_validator(mode="after")
    def _review_below_accept(self) -> "Match":
        if self.review > self.accept:
            raise ValueError("review must not be above accept")
        return self


class Identity(_Section):
    """How identifiers become customers.

    Attributes:
        namespaces: Overrides of the shipped policy, by namespace.
        max_customer_identifiers: A customer with more fails a check.
        alarm_customer_identifiers: A customer with more stops the publish.
        alarm_merged_share: The publish stops where more than this share of the customers known
            before, and at least a hundred, were merged into others at once.
        alarm_named_share: The publish stops where more than this share of the customers who gave
            a name, and at least ten, gave more than three different ones.
        alarm_renamed_count: The publish stops where more customers than this have another id,
            though their identifiers are the same.
        device_backfill_minutes: How long before a log-in on a shared device an anonymous event
            there may lie and still be taken for the same person's; never more than the session
            gap of its channel.
        restated_months: At how many past starts of a month it is published what was known then
            of who was who, against today; 0 for none. Each costs about as much as stitching.
        golden: How an attribute's golden value is chosen among those that sources give, where
            the shipped way is not wanted.
        household_persons: An address, e-mail or phone of up to so many persons makes them a
            household; of more, it is an organisation's.
        match: The second stage, which needs the extra `match`; without this section there is
            none.
    """

    namespaces: dict[str, Namespace] = Field(default_factory=dict)
    max_customer_identifiers: int = Field(default=40, ge=2)
    alarm_customer_identifiers: int = Field(default=500, ge=2)
    alarm_merged_share: float = Field(default=0.1, ge=0, le=1)
    alarm_named_share: float = Field(default=0.001, ge=0, le=1)
    alarm_renamed_count: int = Field(default=0, ge=0)
    device_backfill_minutes: float = Field(default=30, ge=0)
    restated_months: int = Field(default=1, ge=0)
    household_persons: int = Field(default=6, ge=2)
    golden: dict[GoldenAttribute, Strategy] = Field(default_factory=dict)
    match: Match | None = None


class _PolicyFile(_Section):
    """A policy on its own."""

    identity: Identity


class Journeys(_Section):
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


class Learned(_Section):
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


class Churn(_Section):
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


class Publish(_Section):
    """What analysts get.

    Attributes:
        keep: How many snapshots stay.
        show_identifiers: Publish e-mail addresses and phone numbers in clear.
    """

    keep: int = Field(default=7, ge=1)
    show_identifiers: bool = False


class Machine(_Section):
    """How much of the machine a run may use."""

    threads: int = Field(default=2, ge=1)
    memory_gib: float = Field(default=6, gt=0)
    temp_gib: float = Field(default=50, gt=0)


class Settings(_Section):
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


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a wend.toml.

    Raises:
        NoProject: There is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise NoProject(
        f"{start}: no {FILE_NAME} here or above; run `wend init` to make one, "
        "or name the folder with --project"
    )


def load(folder: Path) -> Settings:
    """The settings of the project in `folder`.

    Raises:
        NoProject: No wend.toml there.
        BadSettings: Not TOML, an unknown key, or a value out of range; names file and line.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NoProject(f"{path}: no such file; run `wend init` to make one")
    return _read(path, Settings, folder=folder.resolve())


def load_identity(path: Path) -> Identity:
    """The policy in a TOML file that holds an [identity] section and nothing else.

    Raises:
        BadSettings: No such file, not TOML, an unknown key, or a value out of range; names file
            and line.
    """
    if not path.is_file():
        raise BadSettings(f"{path}: no such file; write the [identity] section to try into it")
    return _read(path, _PolicyFile).identity


def _read(path: Path, section: type[_AnySection], **given: Path) -> _AnySection:
    """The content of a TOML file, checked; `given` comes from elsewhere."""
    text = path.read_text(encoding="utf-8")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: not valid TOML: {error}") from error
    try:
        return section.model_validate({**content, **given})
    except ValidationError as error:
        lines = _lines(text)
        raise BadSettings(
            "\n".join(_sentence(path, lines, fault) for fault in error.errors())
        ) from error


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every section and key, for messages."""
    section: tuple[str, ...] = ()
    found: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            section = tuple(part.strip(" \"'") for part in match[1].split("."))
            found.setdefault(section, number)
        elif match := re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line):
            found.setdefault((*section, *match[1].split(".")), number)
    return found


def _sentence(path: Path, lines: dict[tuple[str, ...], int], fault: Any) -> str:
    """One fault of the configuration as file:line: key: what to do."""
    where = tuple(str(part) for part in fault["loc"])
    line = next((lines[where[:n]] for n in range(len(where), 0, -1) if where[:n] in lines), 1)
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key; check its spelling or take it out"
    if fault["type"] == "missing":
        message = "is missing; add it"
    if fault["type"] == "literal_error":
        message = f"{message}, not {fault['input']!r}"
    if where[:1] == ("sources",):
        message = message.replace("sources.NAME", ".".join(where[:2]))
    return f"{path}:{line}: {'.'.join(where)}: {message}"


def clock() -> datetime:
    """The wall clock in UTC: read once a run, for the ledger only, never by a model.

    WEND_CLOCK, an ISO instant with zone, stands in for it where a run is to be repeated.
    """
    given = os.environ.get("WEND_CLOCK")
    return datetime.fromisoformat(given).astimezone(UTC) if given else datetime.now(tz=UTC)


def secret(name: str) -> str:
    """The value of an environment variable that wend.toml names.

    Raises:
        BadSettings: It is not set, or empty.
    """
    value = os.environ.get(name)
    if not value:
        raise BadSettings(f"the environment variable {name} is not set; wend.toml names it")
    return value


def identity_key(lake: Path) -> bytes:
    """The secret that keys customer ids: WEND_IDENTITY_KEY, or the lake's own, made once."""
    given = os.environ.get("WEND_IDENTITY_KEY")
    return given.encode() if given else _own_key(lake, "identity.key")


def erasure_key(lake: Path) -> bytes:
    """The secret that keys tombstones and suppressions: the lake's own, made once.

    Without it nobody is known to have been erased: it is kept as long as the lake.
    """
    return _own_key(lake, "erasure.key")


def _own_key(lake: Path, name: str) -> bytes:
    """A secret of the lake, readable by its owner only; made where it is not there."""
    path = lake / name
    if not path.exists():
        lake.mkdir(parents=True, exist_ok=True)
        staged = lake / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(os.urandom(32))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
    return path.read_bytes()
