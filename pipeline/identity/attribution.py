"""Who is who in a lake, and whose each event is."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline import warehouse
from pipeline.build import store, table_names
from pipeline.given import given_tables, parameters
from pipeline.job import Job
from pipeline.privacy import suppression
from pipeline.resources import sql_folder
from pipeline.settings import Settings, identity_key

if TYPE_CHECKING:
    from pipeline.identity.customers import Stitched


def identify(
    con: duckdb.DuckDBPyConnection, settings: Settings, job: Job, *, decided_until: date, out: Path
) -> "Stitched":
    """Stitch what `con` holds of the lake: the identity tables in `out`.

    What people decided counts up to the day `decided_until`. Leaves the table `machine_events` in
    `con`, beside what it is made of.
    """
    from pipeline.identity import customers, decisions, policy  # noqa: PLC0415 - scipy: slow
    from pipeline.identity.matching import nightly  # noqa: PLC0415 - scipy: slow
    from pipeline.privacy import sharing  # noqa: PLC0415 - phonenumbers: slow

    region = settings.company.phone_region
    decided = decisions.read(settings.folder, region=region, until=decided_until)
    store(con, "given_links", decided)
    store(con, "parameters", parameters(settings, job))
    models = warehouse.shipped_models()
    list(warehouse.build(con, warehouse.needed(models, "machine_events"), table_names(con)))
    for name in ("linkable_identifiers", "unmerged_identifiers"):
        select = (sql_folder() / "identity" / f"{name}.sql").read_text()
        con.execute(f"create or replace view {name} as {select}")
    trusted = sharing.kept(con, settings.lake, policy.of(settings.identity, settings.company))
    key = identity_key(settings.lake)
    stitched = customers.stitch(con, policy=trusted, key=key, out=out)
    if nightly.match(con, settings, trusted, out=out):
        stitched = customers.stitch(con, policy=trusted, key=key, out=out)
    return stitched


def attribute(
    con: duckdb.DuckDBPyConnection, settings: Settings, job: Job, identity: Path
) -> dict[str, warehouse.Built]:
    """Build event_customers, and what it reads, from a lake and the identity tables made of it.

    Args:
        con: Holds the landed tables and `machine_events`.
        settings: The project's configuration.
        job: Says the instant the models speak about.
        identity: The folder of the identity tables.
    """
    from pipeline.identity import ids, policy  # noqa: PLC0415 - phonenumbers: slow

    for name, frame in given_tables(settings, job).items():
        store(con, name, frame)
    for path in sorted(identity.glob("*.parquet")):
        con.execute(
            f"create or replace table {path.stem} as "
            f"from read_parquet({warehouse.quoted(path.as_posix())})"
        )
    devices = policy.device_namespaces(policy.of(settings.identity, settings.company))
    store(con, "device_namespaces", devices)
    shared = con.sql((sql_folder() / "identity" / "shared_devices.sql").read_text()).pl()
    stand_ins = ids.ambiguous_customers(shared, key=identity_key(settings.lake))
    store(con, "ambiguous_customers", stand_ins)
    store(con, "suppressed_identifiers", suppression.suppressed(con, settings.lake))
    models = warehouse.shipped_models()
    found = {one.name for one in warehouse.needed(models, "machine_events")}
    wanted = [one for one in warehouse.needed(models, "event_customers") if one.name not in found]
    return {one.name: one for one in warehouse.build(con, wanted, table_names(con))}
