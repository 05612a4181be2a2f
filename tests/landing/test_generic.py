import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import pytest

from pipeline.errors import BadSettings, SourceRefused
from pipeline.landing import generic
from pipeline.landing.containers import xlsx_records
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


Cell = str | int | float | bool | date | None
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path: Path, **sheets: list[list[Cell]]) -> bytes:
    """The bytes of a minimal .xlsx with these sheets; dates and moments are formatted as such."""
    names = list(enumerate(sheets, start=1))
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in names)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in names
        )
        + f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><cellXfs><xf numFmtId="0"/>'
        '<xf numFmtId="22"/><xf numFmtId="14"/></cellXfs></styleSheet>',
    }
    for n, name in names:
        rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in sheets[name])
        parts[f"xl/worksheets/sheet{n}.xml"] = (
            f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, text in parts.items():
            packed.writestr(part, f'<?xml version="1.0"?>{text}')
    return path.read_bytes()


def _cell(value: Cell) -> str:
    """A cell of a sheet's XML."""
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    if isinstance(value, date):
        style = 1 if isinstance(value, datetime) else 2
        moment = datetime(*value.timetuple()[:6])  # noqa: DTZ001
        days = (moment - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
        return f'<c s="{style}"><v>{days!r}</v></c>'
    return f"<c><v>{value!r}</v></c>"


COLUMNS: list[Cell] = ["call_id", "started", "caller", "customer", "queue"]
MOMENT = datetime(2026, 1, 20, 10, 0, 5)  # noqa: DTZ001
SHEET = {"name": "f.xlsx", "more": {"zone": "Europe/London"}}


def test_a_spreadsheet_holds_moments_and_numbers(tmp_path: Path) -> None:
    """Typed cells need no layout; an id kept as a number is a whole one; blank rows are none."""
    content = workbook(
        tmp_path / "made.xlsx",
        Calls=[
            [None] * 5,
            COLUMNS,
            [1, MOMENT, "07911 123456", 17850.0, "billing"],
            [None] * 5,
            ["2", date(2026, 1, 20), None, None, True],
            [3, "2026-01-20T10:00:00Z", None, " 007", None],
            [None] * 5,
        ],
        Other=[["x"]],
    )

    found = events(read(tmp_path, content, **SHEET))

    assert [(e.own_id, at(e), e.occurred.precision) for e in found] == [
        ("1", "2026-01-20 10:00:05", "second"),
        ("2", "2026-01-20 00:00:00", "day"),
        ("3", "2026-01-20 10:00:00", "second"),
    ]
    assert people(found[0]) == {"actor phone": "+447911123456", "actor user_id": "17850"}
    assert people(found[2]) == {"actor user_id": "007"}


def test_a_sheet_is_read_by_its_name(tmp_path: Path) -> None:
    """Else it is the first; one that is not there is told with those that are."""
    rows: list[list[Cell]] = [COLUMNS, [1, MOMENT, None, None, None]]
    content = workbook(tmp_path / "made.xlsx", Notes=[["x"]], Calls=rows)
    more = {"zone": "UTC"}

    assert len(events(read(tmp_path, content, "f.xlsx", more={**more, "sheet": "Calls"}))) == 1
    with pytest.raises(SourceRefused, match="has no sheet 'Call'; it has Notes, Calls"):
        read(tmp_path, content, "f.xlsx", more={**more, "sheet": "Call"})


def test_a_damaged_spreadsheet_id_is_refused(tmp_path: Path) -> None:
    """A float past 2^53 has been rounded, and the record says so with its text."""
    rows: list[list[Cell]] = [COLUMNS, [1, MOMENT, None, 570306123456789012, "billing"]]
    content = workbook(tmp_path / "made.xlsx", Calls=rows)

    ((_, reasons),) = refused(read(tmp_path, content, **SHEET))

    assert reasons == "user_id 5.70306123456789e+17 has lost its digits in a spreadsheet"


def test_a_cell_beyond_the_header_refuses_its_row(tmp_path: Path) -> None:
    """A row that was shifted is not cut to fit."""
    rows: list[list[Cell]] = [COLUMNS, [1, MOMENT, None, None, "a", "b"], [2, MOMENT]]
    content = workbook(tmp_path / "made.xlsx", Calls=rows)

    found = read(tmp_path, content, **SHEET)

    assert refused(found) == [(1, "a filled cell in column 6, where the header has 5")]
    assert [event.own_id for event in events(found)] == ["2"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "the sheet is empty"),
        ([["a", None, "b"]], "column 2 has no name"),
        ([["a", "b", "a"]], "names a twice"),
    ],
)
def test_a_sheet_needs_a_header(tmp_path: Path, rows: list[list[Cell]], reason: str) -> None:
    """As a CSV does."""
    with pytest.raises(SourceRefused, match=reason):
        read(tmp_path, workbook(tmp_path / "made.xlsx", Calls=rows), "f.xlsx")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("f.xlsx", b"PK\x03\x04 and then nothing", "not a whole .xlsx file"),
        ("f.xlsx", b"\xd0\xcf\x11\xe0 locked", "not a whole .xlsx file"),
        ("f.xls", b"\xd0\xcf\x11\xe0", "of spreadsheets .xlsx is read"),
    ],
)
def test_what_is_no_spreadsheet_is_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    """Half written, locked or of another kind: the message says what to do."""
    with pytest.raises(SourceRefused, match=reason):
        read(tmp_path, content, name)


def test_a_sheet_too_large_for_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sheet is held whole; as CSV any size is read."""
    content = workbook(tmp_path / "made.xlsx", Calls=[COLUMNS])
    monkeypatch.setattr(xlsx_records, "SHEET_LIMIT", 100)
    with pytest.raises(SourceRefused, match="too large to be held in memory; save it as CSV"):
        read(tmp_path, content, "f.xlsx")


def stamped(*stamps: str) -> str:
    """A file with these times."""
    return "\n".join([HEADER, *(f"c{n},{stamp},,u{n},x" for n, stamp in enumerate(stamps))]) + "\n"


@pytest.mark.parametrize(
    ("layout", "stamps", "moments"),
    [
        ("epoch", ("1767225600", "1767225601"), ["2026-01-01 00:00:00", "2026-01-01 00:00:01"]),
        ("epoch", ("1767225600123",), ["2026-01-01 00:00:00"]),
        (
            "numeric",
            ("02/03/2026 9:05", "13/03/2026 9:05"),
            ["2026-03-02 09:05:00", "2026-03-13 09:05:00"],
        ),
        ("numeric", ("02/03/2026", "02/13/2026"), ["2026-02-03 00:00:00", "2026-02-13 00:00:00"]),
    ],
)
def test_a_file_proves_how_its_times_are_read(
    tmp_path: Path, layout: str, stamps: tuple[str, ...], moments: list[str]
) -> None:
    """The unit by magnitude, the order of day and month by a date that can be only one."""
    more = {"zone": "UTC", "time_format": layout}

    found = events(read(tmp_path, stamped(*stamps), more=more))

    assert [at(event) for event in found] == moments


@pytest.mark.parametrize(
    ("layout", "stamps", "reason"),
    [
        ("epoch", ("1767225600", "1767225600123"), "its Unix times are of two units"),
        ("numeric", ("02/03/2026",), "set time_format of this source"),
    ],
)
def test_a_file_that_proves_nothing_is_refused(
    tmp_path: Path, layout: str, stamps: tuple[str, ...], reason: str
) -> None:
    """Nothing of it lands until somebody has declared the layout."""
    with pytest.raises(SourceRefused, match=reason):
        read(tmp_path, stamped(*stamps), more={"zone": "UTC", "time_format": layout})


def test_looking_at_the_times_first_counts_no_field_twice(tmp_path: Path) -> None:
    """A file that is read twice has its records once."""
    path = tmp_path / "f.csv"
    path.write_text(stamped("1767225600", "1767225601"))
    file = RawFile(path, "f.csv", "source-1")
    source = feed("generic", channel="phone", time_format="epoch", columns=Columns(**CALLS))

    assert len(list(generic.read(file, source))) == 2
    assert file.profile.record_count == 2


IDS = "\n".join([HEADER, *(f"c{n},2026-01-20T10:00:00Z,,5.7030{n}E+17,x" for n in range(4))])


def test_a_damaged_column_of_ids_refuses_the_file(tmp_path: Path) -> None:
    """Loudly, with the column, an example and what to do."""
    with pytest.raises(SourceRefused, match=r"column customer: 4 of 4 ids such as 5\.70300E\+17"):
        read(tmp_path, IDS + "\n")


def test_ids_said_to_be_sound_refuse_their_records_only(tmp_path: Path) -> None:
    """The way out where ids only look damaged; a number without its last digits names nobody."""
    found = read(tmp_path, IDS + "\n", more={"sound_ids": ("customer",)})
    assert [number for number, _ in refused(found)] == [1, 2, 3, 4]


def test_ids_of_a_known_width_show_lost_noughts(tmp_path: Path) -> None:
    """One short id is refused with its record, a column of them with its file."""
    rows = [f"c{n},2026-01-20T10:00:00Z,,{n:08d},x" for n in range(60)]
    short = ["x1,2026-01-20T10:00:00Z,,123,x"]
    widths = {"id_widths": {"customer": 8}}

    found = read(tmp_path, "\n".join([HEADER, *rows, *short]), **widths)
    assert refused(found) == [(61, "customer 123 has fewer than 8 digits")]

    with pytest.raises(SourceRefused, match="fewer than 8 digits: their leading noughts are lost"):
        read(tmp_path, "\n".join([HEADER, *rows, *short * 4]), **widths)


def test_a_width_of_no_id_column_is_a_fault_of_the_configuration() -> None:
    """A misspelt column would guard nothing, and nobody would know."""
    with pytest.raises(ValueError, match="id_widths names custmer, no column of identifiers"):
        Columns(**CALLS, id_widths={"custmer": 8})


def test_a_file_without_a_record_lands_nothing(tmp_path: Path) -> None:
    """A quiet night is no fault, though it proves no unit and no order."""
    for layout in ("epoch", "numeric"):
        assert read(tmp_path, f"{HEADER}\n", more={"zone": "UTC", "time_format": layout}) == []


def test_a_sequence_orders_the_records_of_one_instant(tmp_path: Path) -> None:
    """It is a whole number or none; what is neither refuses its record."""
    header, row = f"{HEADER},line", f"{ROW},"

    told = read(tmp_path, f"{header}\n{row}7\n{row}\n{row}soon\n", sequence="line")

    assert [event.source_sequence for event in events(told)] == [7, 0]
    assert refused(told) == [(3, "not a whole number: 'soon'")]


@pytest.mark.parametrize(
    ("said", "kind"),
    [("Desktop", "desktop"), ("smartphone", "mobile"), ("tablet", "tablet"), ("kiosk", "other")],
)
def test_a_column_may_name_the_kind_of_device(tmp_path: Path, said: str, kind: str) -> None:
    """In the words of common exports; what has no such word is another kind."""
    found = one(tmp_path, f"{HEADER},platform\n{ROW},{said}\n", device_kind="platform")

    assert found.device_kind == kind


def test_a_row_that_names_no_device_has_none(tmp_path: Path) -> None:
    """An empty cell is not another kind of device."""
    found = one(tmp_path, f"{HEADER},platform\n{ROW},\n", device_kind="platform")

    assert found.device_kind is None
