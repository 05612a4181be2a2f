"""Where records come from, and how each source's are read."""

import codecs
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from pipeline.errors import BadSettings
from pipeline.landing.formats import format_named
from pipeline.settings.section import AttributeName, Channel, Section, Zone

# A name, so that a secret written in its place is noticed.
EnvironmentName = Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")]
SECRET_OPTION = re.compile("secret|password|token|credential|key|sas|connection", re.IGNORECASE)


def _encoding(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except LookupError as error:
        raise ValueError(f"unknown encoding {name!r}; write one such as 'cp1252'") from error
    return found.name


def _format(name: str) -> str:
    try:
        format_named(name)
    except BadSettings as error:
        raise ValueError(str(error)) from error
    return name


class Columns(Section):
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


class Snapshot(Section):
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


class Database(Section):
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


class Mailbox(Section):
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


class Storage(Section):
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


class Source(Section):
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
