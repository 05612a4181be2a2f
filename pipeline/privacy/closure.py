"""One identifier to all that is known of its person: every identifier, every event.

The person is the customer as stitched now. What many people share stays theirs.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl

from pipeline import publish, steps
from pipeline.errors import NothingPublished, NotOnePerson, UnknownIdentifier
from pipeline.identity.explain import spellings
from pipeline.identity.matching import review
from pipeline.identity.tables import read_sql as identity_sql
from pipeline.job import begin, plan
from pipeline.lake import open_lake
from pipeline.landing import ledger
from pipeline.privacy import search, suppression
from pipeline.privacy.gate import read_sql
from pipeline.privacy.hashed import TOLD_BY
from pipeline.privacy.person import Person
from pipeline.settings import Settings
from pipeline.warehouse import connect

# They name a company: its other people would be taken for the person erased.
ORGANISATIONS = ("hubspot_company", "salesforce_account")


def whole(settings: Settings, asked: str, *, now: datetime) -> Person:
    """The person of an identifier, with all their identifiers.

    Args:
        settings: The project's configuration.
        asked: `namespace:value`, or a value of whatever namespace, in any spelling.
        now: The instant, for a stitching where records landed since the last publish.

    Raises:
        UnknownIdentifier: No landed record names it, and it is not `namespace:value` either.
        NotOnePerson: It is shared or blocked, or it names several customers.
    """
    region = settings.company.phone_region
    folder = stitched_now(settings, now)
    hits, kindred = _stitched(folder, asked, region=region)
    if hits.is_empty():
        return _unstitched(settings, asked)
    customer_ids = sorted(hits["customer_id"].drop_nulls().unique())
    if not customer_ids:
        raise NotOnePerson(
            f"what was asked for is {kindred['status'][0]} ({kindred['reason'][0]}) and names "
            "nobody in particular; name the person by another identifier"
        )
    if len(customer_ids) > 1:
        raise NotOnePerson(
            f"what was asked for names {len(customer_ids)} customers, {', '.join(customer_ids)}; "
            "write namespace:value"
        )
    theirs = kindred.filter(pl.col("customer_id").is_not_null(), status="active")
    identifiers = [_parts(name) for name in theirs["identifier"].sort()]
    return Person(
        tuple(one for one in identifiers if one[0] not in ORGANISATIONS),
        tuple(customer_ids),
        tuple(attributed(settings, customer_ids)),
        _shared(folder, theirs["identifier"]),
        (asked,),
    )


def alone(settings: Settings, asked: str, *, now: datetime) -> Person:
    """One identifier by itself, whoever it was joined with.

    Raises:
        UnknownIdentifier: As for `whole`.
    """
    region = settings.company.phone_region
    folder = stitched_now(settings, now)
    hits, _ = _stitched(folder, asked, region=region)
    if hits.is_empty():
        return _unstitched(settings, asked)
    identifiers = tuple(_parts(name) for name in hits["identifier"].sort())
    return Person(identifiers, (), (), _shared(folder, hits["identifier"]), (asked,))


def completed(settings: Settings, person: Person) -> Person:
    """The person with what else stands for them: hashes in landed records, and likely pairs.

    An identifier that is a hash of one of theirs is theirs, too.
    """
    wanted = search.needles(person.identifiers, (), person.asked)
    tables = sorted(ledger.landed(settings.lake).glob("*/*.parquet"))
    hashes = search.hashes_in(tables, wanted)
    start = pl.col("value").str.slice(0, TOLD_BY).str.to_lowercase()
    hashed = (
        ledger.landed_table(settings.lake, "identifiers")
        .filter(start.is_in(sorted(hashes)))
        .select("namespace", "value")
        .unique()
        .collect()
    )
    identifiers = tuple(sorted({*person.identifiers, *hashed.rows()}))
    pairs = tuple(sorted(_pairs(settings, identifiers)))
    return replace(person, identifiers=identifiers, hashes=tuple(sorted(hashes)), pairs=pairs)


def _pairs(settings: Settings, identifiers: Iterable[tuple[str, str]]) -> set[str]:
    """How the files of likely pairs call those of which the person is one."""
    names = [":".join(one) for one in identifiers]
    folders = [*settings.published.glob("*/identity"), settings.work / "identity"]
    found: set[str] = set()
    for folder in folders:
        path = folder / "match_pairs.parquet"
        if path.is_file():
            ends = pl.read_parquet(path, columns=["left_identifier", "right_identifier"])
            found |= {
                review.reference(*pair)
                for pair in ends.filter(pl.any_horizontal(pl.all().is_in(names))).rows()
            }
    return found


def stitched_now(settings: Settings, now: datetime) -> Path:
    """The folder of identity tables of what is landed: the published one, or one made now."""
    job = plan(settings, None, now)
    if publish.current_record(settings.published).get("digest") == job.digest:
        return publish.current(settings.published) / "identity"
    begin(settings, job)
    steps.perform(settings, job, "stitch")
    return settings.work / "identity"


def attributed(settings: Settings, customer_ids: list[str]) -> list[str]:
    """The ids of events that the current snapshot gives to these customers, or keeps from them."""
    try:
        con = publish.connect(settings.published)
    except NothingPublished:
        return []
    with con:
        asked = pl.DataFrame({"customer_id": customer_ids}, schema={"customer_id": pl.String})
        con.register("asked_customers", asked)
        kept = suppression.kept_events(publish.current(settings.published))
        con.register("suppressed_events", kept)
        return [event_id for (event_id,) in con.sql(read_sql("attributed_events")).fetchall()]


def _stitched(folder: Path, asked: str, *, region: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The identifiers that fit, and with them all others of their customers."""
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        con.read_parquet((folder / "identifiers.parquet").as_posix()).create_view("identifiers")
        con.register("asked_spellings", spellings(asked, region=region))
        hits = con.sql(identity_sql("asked_identifiers")).pl()
        con.register("asked_identifiers", hits)
        return hits, con.sql(identity_sql("kindred_identifiers")).pl().sort("identifier")


def _shared(folder: Path, names: pl.Series) -> tuple[tuple[str, str], ...]:
    """The shared identifiers that were seen with any of these."""
    links = pl.scan_parquet(folder / "customer_links.parquet").filter(status="shared")
    ends = pl.concat(
        links.filter(pl.col(one).is_in(names.implode())).select(identifier=other)
        for one, other in (
            ("left_identifier", "right_identifier"),
            ("right_identifier", "left_identifier"),
        )
    )
    known = pl.scan_parquet(folder / "identifiers.parquet").filter(status="shared")
    found = known.join(ends, on="identifier", how="semi").select("identifier").collect()
    return tuple(_parts(name) for name in found["identifier"].sort())


def _unstitched(settings: Settings, asked: str) -> Person:
    """What is asked for as records name it, or as it would be landed.

    Raises:
        UnknownIdentifier: It is in no record, and says no namespace.
    """
    spelled = spellings(asked, region=settings.company.phone_region)
    with connect(
        ":memory:",
        threads=settings.machine.threads,
        memory_gib=settings.machine.memory_gib,
        temp_gib=settings.machine.temp_gib,
        temp_folder=settings.lake / ".privacy",
    ) as con:
        open_lake(con, settings.lake)
        con.register("asked_spellings", spelled)
        found = con.sql(read_sql("landed_spellings")).fetchall()
    # Nothing landed, but a refused record may name it, and a late file may bring it.
    named = spelled.drop_nulls("namespace")
    explicit = [row for row in named.iter_rows() if row[0] in {"email", "phone"}] or list(
        named.iter_rows()
    )
    if not found and not explicit:
        raise UnknownIdentifier(
            "no landed record names it; check the spelling, or write namespace:value, such as "
            "user_id:1001"
        )
    return Person(tuple(sorted({*found, *explicit})), (), (), (), (asked,))


def _parts(identifier: str) -> tuple[str, str]:
    namespace, value = identifier.split(":", maxsplit=1)
    return namespace, value
