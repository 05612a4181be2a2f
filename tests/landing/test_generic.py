from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing import generic
from pipeline.landing.record import Event, Outcome, RawFile
from pipeline.settings import Columns
from tests.landing.feeds import at, events, feed, outcomes_of, people, refused

CALLS = {
    "occurred_at": "started",
    "kind": "=call_answered",
    "own_id": "call_id",
    "label": "queue",
    "identifiers": {"phone": "caller", "user_id": "customer"},
}
HEADER = "call_id,started,caller,customer,queue"
RECORD = (
    '{"call_id":"c1","started":"2026-01-20T10:00:00Z","caller":"07911 123456",'
    '"customer":null,"queue":"billing"}'
)
ROW = "c1,2026-01-20T10:00:00Z,07911 123456,,billing"


def read(
    tmp_path: Path, content: str | bytes, name: str = "f.csv", *, more: Any = None, **columns: Any
) -> list[Outcome]:
    """What the reader makes of a file under a mapping: CALLS, or `columns` over it."""
    mapping = Columns(**{**CALLS, **columns})
    options = {"channel": "phone", **(more or {})}
    source = feed("generic", columns=mapping, **options)
    return outcomes_of(generic.read, content, tmp_path, source, name=name)


def one(tmp_path: Path, content: str, name: str = "f.csv", **columns: Any) -> Event:
    """The event of a file with one record."""
    (event,) = events(read(tmp_path, content, name, **columns))
    return event


def test_mapped_columns_become_an_event(tmp_path: Path) -> None:
    """Constants, columns and handles stand where wend.toml says."""
    event = one(tmp_path, f"{HEADER}\n{ROW}\n")

    assert (event.kind, event.channel, event.own_id) == ("call_answered", "phone", "c1")
    assert (at(event), event.label) == ("2026-01-20 10:00:00", "billing")
    assert people(event) == {"actor phone": "+447911123456"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.csv", f"{HEADER}\n{ROW}\n"),
        ("f.tsv", f"{HEADER}\n{ROW}\n".replace(",", "\t")),
        ("f.jsonl", RECORD),
        ("f.json", f"[{RECORD}]"),
    ],
)  # fmt: skip
def test_the_ending_names_the_format(tmp_path: Path, name: str, content: str) -> None:
    """CSV, TSV, JSON lines and a JSON list of the same record give the same event."""
    assert one(tmp_path, content, name) == one(tmp_path, f"{HEADER}\n{ROW}\n")


def test_parquet_holds_moments_and_numbers(tmp_path: Path) -> None:
    """A typed column needs no layout; decimals are money to the cent."""
    path = tmp_path / "f.parquet"
    pl.DataFrame(
        {
            "call_id": [1, 2],
            "started": [datetime(2026, 1, 20, 10, tzinfo=UTC), None],
            "caller": ["07911 123456", None],
            "customer": [17850.0, None],
            "queue": ["billing", None],
            "price": pl.Series(["19.99", "0"]).cast(pl.Decimal(10, 2)),
        }
    ).write_parquet(path)
    source = feed("generic", channel="phone", columns=Columns(**CALLS, amount="price"))

    found = list(generic.read(RawFile(path, "f.parquet", "source-1"), source))

    (event,) = events(found)
    assert (at(event), event.own_id, event.amount_cents) == ("2026-01-20 10:00:00", "1", 1999)
    assert people(event)["actor user_id"] == "17850"
    assert refused(found) == [(2, "the time is empty")]


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    """A file that was still being written is no Parquet file."""
    with pytest.raises(SourceRefused, match=r"f\.parquet: not a whole Parquet file"):
        read(tmp_path, b"PAR1 and then nothing", "f.parquet")


def test_a_path_reaches_into_json(tmp_path: Path) -> None:
    """`a.b` is the b within a, unless a column is called just that."""
    record = '{"call":{"at":"2026-01-20T10:00:00Z"},"who.phone":"07911123456"}\n'

    event = one(
        tmp_path, record, "f.jsonl",
        occurred_at="call.at", identifiers={"phone": "who.phone"}, own_id=None, label=None,
    )  # fmt: skip

    assert people(event) == {"actor phone": "+447911123456"}


def test_an_absent_column_refuses_the_file(tmp_path: Path) -> None:
    """The message names file, column and what is there."""
    with pytest.raises(SourceRefused, match=r"f\.csv: no column started; it has call_id, begun"):
        read(tmp_path, "call_id,begun,caller,customer,queue\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.csv", f"{HEADER},mood\n"),
        ("f.jsonl", '{"started":"2026-01-20T10:00:00Z"}\n{"mood":1}\n'),
    ],
)
def test_an_unexpected_column_refuses_the_file(tmp_path: Path, name: str, content: str) -> None:
    """A source that changes is noticed; the file waits until somebody has decided."""
    with pytest.raises(SourceRefused, match="unexpected column mood; map it, or list it"):
        read(tmp_path, content, name)


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({"properties": ("mood",)}, {"mood": "good"}),
        ({"ignore": ("mood",)}, {}),
        ({"properties": ("*",)}, {"mood": "good"}),
        ({"properties": ("*",), "ignore": ("mood",)}, {}),
    ],
)
def test_other_columns_are_kept_or_ignored_by_name(
    tmp_path: Path, columns: dict[str, Any], kept: dict[str, str]
) -> None:
    """All, some or none of them; empty cells are no properties."""
    content = f"{HEADER},mood\n{ROW},good\n"

    assert one(tmp_path, content, **columns).properties == kept


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("amount", "a lot", "not an amount of money: 'a lot'"),
        ("amount", "NaN", "not an amount of money"),
        ("currency", "pounds", "not a currency: 'pounds'"),
        ("actor", "robot", "actor 'robot' is none of customer, agent, bot, system"),
        ("direction", "up", "direction 'up' is none of inbound, outbound, internal"),
        ("score", "9", "a score without score_kind"),
        ("received_at", "soon", "not an ISO 8601 time"),
    ],
)
def test_a_value_that_cannot_be_refuses_its_record(
    tmp_path: Path, column: str, cell: str, reason: str
) -> None:
    """Nothing is bent into a field that it does not fit."""
    columns = {"amount": "=1", column: "x"}

    ((number, reasons),) = refused(read(tmp_path, f"{HEADER},x\n{ROW},{cell}\n", **columns))

    assert number == 1
    assert reasons.startswith(reason)


def test_an_id_cut_by_a_spreadsheet_is_refused(tmp_path: Path) -> None:
    """Many people's ids become one such number: linking by it would join them."""
    row = ROW.replace(",,", ",5.70306E+17,")

    ((_, reasons),) = refused(read(tmp_path, f"{HEADER}\n{row}\n"))

    assert reasons == "user_id 5.70306E+17 has lost its digits in a spreadsheet"


def test_an_unreadable_handle_is_named(tmp_path: Path) -> None:
    """`withheld` is no telephone number, but the call took place."""
    event = one(tmp_path, f"{HEADER}\n{ROW.replace('07911 123456', 'withheld')}\n")

    assert (people(event), event.properties) == ({}, {"unreadable": ["phone"]})


def test_an_agents_event_is_received_by_the_customer(tmp_path: Path) -> None:
    """Where the company acts, the handles are the recipient's."""
    event = one(tmp_path, f"{HEADER}\n{ROW}\n", actor="=agent")

    assert (event.direction, people(event)) == ("outbound", {"recipient phone": "+447911123456"})


def test_zone_less_times_are_read_in_the_sources_zone(tmp_path: Path) -> None:
    """The layout and the zone are the configuration's."""
    more = {"zone": "Europe/London", "time_format": "%d/%m/%Y %H:%M"}
    row = ROW.replace("2026-01-20T10:00:00Z", "02/05/2026 10:00")

    (event,) = events(read(tmp_path, f"{HEADER}\n{row}\n", more=more))

    assert (at(event), event.occurred.basis) == ("2026-05-02 09:00:00", "source_zone")


def test_amounts_are_exact_in_their_currency(tmp_path: Path) -> None:
    """Cents by Decimal, not by float; yen have no smaller unit."""
    amounts = {"1.005": 100, "0.29": 29, "-4.35": -435, "1e2": 10000}
    rows = "\n".join(f"{ROW},{amount}" for amount in amounts)
    found = events(read(tmp_path, f"{HEADER},x\n{rows}\n", amount="x", currency="=gbp"))
    assert [event.amount_cents for event in found] == list(amounts.values())

    yen = one(tmp_path, f"{HEADER},x\n{ROW},500\n", amount="x", currency="=JPY")
    assert (yen.amount_cents, yen.currency) == (500, "JPY")


def test_a_generic_source_needs_a_channel(tmp_path: Path) -> None:
    """Nothing in a table of calls says that it is one."""
    with pytest.raises(BadSettings, match=r"sources\.source: set channel"):
        read(tmp_path, f"{HEADER}\n", more={"channel": None})
