"""What stops the publish, and what does not."""

import re
import tempfile
from pathlib import Path

import polars as pl
import pytest

from pipeline.errors import ImplausibleCustomers
from pipeline.identity import alarms
from pipeline.identity.alarms import Limits
from pipeline.identity.customers import stitch
from pipeline.identity.policy import of
from pipeline.settings import Identity
from tests.identity.partitions import known
from tests.identity.sightings import COMPANY, database, sightings, stitched

USUAL = Limits(customer_identifiers=500, merged_share=0.1, named_share=0.001, renamed_count=0)
ATTRIBUTES = pl.Schema({"event_id": pl.String, "attribute": pl.String, "value": pl.String})


def sentences(
    rows: pl.DataFrame,
    limit: Limits,
    *,
    previous: pl.DataFrame | None = None,
    names: pl.DataFrame | None = None,
    key: bytes = b"key",
) -> list[str]:
    """What the alarms say of the customers that these rows make."""
    con = database(1)
    given = {
        "linkable_identifiers": rows,
        "previous_identifiers": previous,
        "landed_attributes": names,
    }
    for name, frame in given.items():
        if frame is not None:
            con.register(name, frame)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        counts = stitch(con, policy=of(Identity(), COMPANY), key=key, out=out)
        said = alarms.found(con, out, counts, limit)
    for name in given:
        con.unregister(name)
    return said


def logins(nights: int) -> pl.DataFrame:
    """120 people who come with a cookie and, on the second night, log in on it."""
    first = "\n".join(
        f"{n} | anonymous_id:c{n} | 1\n{n}b | email:p{n}@example.org | 1" for n in range(120)
    )
    second = "\n".join(
        f"{n}c | anonymous_id:c{n} | 2\n{n}c | email:p{n}@example.org | 2" for n in range(120)
    )
    rows = sightings(f"event | identifier | night\n{first}\n{second}")
    return rows.filter(pl.col("night") <= nights)


def published(rows: pl.DataFrame) -> pl.DataFrame:
    """The identifiers that these rows published."""
    _, tables = stitched(rows)
    return known(tables)


def test_an_ordinary_night_raises_nothing() -> None:
    """The same customers again are plausible."""
    assert sentences(logins(1), USUAL, previous=published(logins(1))) == []


def test_a_customer_too_large_is_named_by_its_id() -> None:
    """With a limit of one identifier, two are too many; the sentence shows no address."""
    rows = logins(2)

    (said,) = sentences(rows, USUAL._replace(customer_identifiers=1))
    none = sentences(rows, USUAL._replace(customer_identifiers=2))

    assert re.match(
        r"120 customers have more than 1 identifiers, the largest 2: c[0-9a-f]{20}", said
    )
    assert "raise identity.alarm_customer_identifiers" in said
    assert "@" not in said
    assert none == []


def test_too_many_merged_at_once_stop_the_publish() -> None:
    """120 of 240 known customers merged is half of them; up to the limit it is a night's work."""
    before = published(logins(1))

    (said,) = sentences(logins(2), USUAL, previous=before)
    none = sentences(logins(2), USUAL._replace(merged_share=0.5), previous=before)

    assert said.startswith("120 of 240 customers known before were merged into others, 50.0%")
    assert none == []


def test_ids_that_change_without_their_customers_are_never_published() -> None:
    """Under another key every customer has another id, which is told apart from a merge."""
    (said,) = sentences(logins(1), USUAL, previous=published(logins(1)), key=b"another")

    assert said.startswith("240 customers have another id and the same identifiers")
    assert "identity.key" in said


def test_customers_with_many_given_names_are_told() -> None:
    """Ten people with four names each are too many; three names are a nickname and a typo."""
    rows = sightings(
        "event | identifier\n"
        + "\n".join(f"{n}-{name} | email:p{n}@example.org" for n in range(12) for name in range(4))
    )

    def named(count: int) -> pl.DataFrame:
        said = [
            (f"{n}-{name}", "given_name", f"Name{min(name, count - 1)}")
            for n in range(12)
            for name in range(4)
        ]
        return pl.DataFrame(said, schema=ATTRIBUTES, orient="row")

    (said,) = sentences(rows, USUAL, names=named(4))
    none = sentences(rows, USUAL, names=named(3))

    assert said.startswith("12 of 12 customers with a name gave more than 3 different ones")
    assert none == []


def test_an_alarm_refuses_the_publish_with_what_to_do(tmp_path: Path) -> None:
    """Kept alarms raise; none kept, or none found, lets the run go on."""
    alarms.refuse(tmp_path)
    alarms.keep(tmp_path, [])
    alarms.refuse(tmp_path)
    alarms.keep(tmp_path, ["3 customers have another id"])

    with pytest.raises(
        ImplausibleCustomers, match="nothing is published, the former publish stays"
    ):
        alarms.refuse(tmp_path)
