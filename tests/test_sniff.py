import io
import shutil
import tarfile
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import polars as pl
import pytest

from pipeline.landing import gate
from pipeline.landing.ledger import Night
from pipeline.settings import Company, load
from pipeline.sniff.columns import masked
from pipeline.sniff.draft import noun_of
from pipeline.sniff.proposal import Proposal, propose
from pipeline.sniff.section import glob_of, toml

Wend = Callable[..., CompletedProcess[str]]

NOW = datetime(2026, 10, 20, tzinfo=UTC)
LARKSPUR = Company(name="Larkspur Broadband", time_zone="Europe/London")
SEEDS = Path(__file__).parents[2] / "shared" / "data" / "crm_and_support_seeds"

CALLS = "call_id,started,caller,customer_number,queue,agent\n" + "".join(
    f"c{n},{n % 28 + 1:02d}/01/2026 10:{n % 60:02d},07911 12{n:04d},LB{n % 7},sales,Kim\n"
    for n in range(40)
)


def sniffed(folder: Path, name: str, content: str | bytes) -> Proposal:
    """What is said of a file with this name and content."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return propose(path, name, LARKSPUR, NOW)


def section(found: Proposal) -> dict[str, Any]:
    """The proposed section, as wend.toml would be read; empty without one."""
    if found.section is None:
        return {}
    (keys,) = tomllib.loads(found.section)["sources"].values()
    return dict(keys)


def test_a_table_of_nobodys_format_is_mapped(tmp_path: Path) -> None:
    """Time, layout, own id, handles and what happened; each guess is told as one."""
    found = sniffed(tmp_path, "raw/calls/2026-01-26.csv", CALLS)

    assert section(found) == {
        "format": "generic",
        "path": "raw/calls/*.csv",
        "channel": "phone",
        "time_zone": "Europe/London",
        "time_format": "numeric",
        "columns": {
            "occurred_at": "started",
            "kind": "=call_answered",
            "own_id": "call_id",
            "label": "queue",
            "ignore": ["agent"],
            "identifiers": {"phone": "caller", "user_id": "customer_number"},
        },
    }
    doubts = [remark.split(":")[1].strip() for remark in found.remarks if "unsure" in remark]
    assert doubts == ["path", "time zone", "identifier", "kind"]


def test_a_column_of_devices_is_the_kind_of_device(tmp_path: Path) -> None:
    """By its name and by what stands in it; a platform that is a shop's is none."""
    for values, taken in ((("desktop", "Mobile"), True), (("north", "south"), False)):
        rows = [
            f"u{n % 7},2026-01-{n % 28 + 1:02d} 10:00:00,viewed,{values[n % 2]}" for n in range(40)
        ]
        content = "\n".join(["user_id,timestamp,event,platform", *rows]) + "\n"

        found = section(sniffed(tmp_path, f"raw/{values[0]}.csv", content))["columns"]

        assert (found.get("device_kind") == "platform") == taken
        assert ("platform" in found.get("properties", [])) != taken


def test_columns_that_say_who_the_customer_is_become_attributes(tmp_path: Path) -> None:
    """In rows of persons a name is a person's; in rows of orders it may be a product's."""
    header = "customer_id,name,First Name,zip,date_of_birth,created_at\n"
    rows = "u1,Ada Lovelace,Ada,12345,1990-12-25,2026-01-01T10:00:00Z\n" * 3

    of_persons = sniffed(tmp_path, "customers.csv", header + rows)
    of_orders = sniffed(tmp_path, "orders.csv", header + rows)

    surely = {"given_name": "First Name", "postcode": "zip", "birth_on": "date_of_birth"}
    assert of_persons.section is not None
    assert of_orders.section is not None
    columns = tomllib.loads(of_persons.section)["sources"]["customers"]["columns"]
    assert columns["attributes"] == {"full_name": "name", **surely}
    columns = tomllib.loads(of_orders.section)["sources"]["orders"]["columns"]
    assert columns["attributes"] == surely


def test_no_value_of_the_file_is_shown(tmp_path: Path) -> None:
    """Shapes stand for values: who reads over a shoulder learns nobody's number."""
    found = sniffed(tmp_path, "raw/calls/2026-01-26.csv", CALLS)

    assert not {"07911", "LB1", "Kim", "26/01/2026"} & set(" ".join(found.remarks).split())
    assert "(aa9)" in " ".join(found.remarks)
    assert masked("Zoë 12:30 +44") == "aaa 99:99 +99"


def test_no_value_is_shown_of_what_is_refused(tmp_path: Path) -> None:
    """A refusal's reason may quote an id: here only its shape is told."""
    damaged = CALLS.replace(",LB", ",5.7030612345E+1")

    said = " ".join(sniffed(tmp_path, "raw/calls/2026-01-26.csv", damaged).remarks)

    assert "have lost their digits" in said
    assert "5.7030612345" not in said


@pytest.mark.parametrize(
    ("name", "content", "lack"),
    [
        ("calls.csv", CALLS.split("\n", 1)[1], "the first row seems to be a record"),
        ("calls.csv", "call_id,started\n", "no record to look at"),
        ("calls.csv", CALLS.replace("/01/2026", "/01/26"), "no year of four digits"),
        ("calls.csv", "\n".join(CALLS.splitlines()[:11]), "begins with the day or with the month"),
        ("stages.csv", "id,name\n1,New\n2,Old\n", "when something happened"),
        ("people.csv", "email,city\nada@mail.example,York\n", "the format 'snapshot' tells"),
        ("pages.csv", "page,viewed_at\n/a,2026-01-01T00:00:00Z\n/b,2026-01-02T00:00:00Z\n",
         "which column names the customer"),
        ("notes.txt", "to buy milk\nand bread\n", "no format that is known has such lines"),
        ("empty.csv", "", "is empty"),
        ("ls", "\x7fELF\0\0\0 an engine, no log", "it is no text"),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_said(tmp_path: Path, name: str, content: str, lack: str) -> None:
    """No section is better than a wrong one."""
    found = sniffed(tmp_path, name, content)

    assert found.section is None
    assert any(remark.startswith("cannot tell:") and lack in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "o.csv",
            "customer_id;ordered_at;price\nu1;2026-01-01T10:00:00Z;5.5\n",
            {"delimiter": ";"},
        ),
        (
            "o.jsonl",
            '{"user_id":"u1","event":"paid","ts":1767225600123}\n',
            {"time_format": "ms"},
        ),
        (
            "o.csv",
            "customer_id,note,at\nu1,Grüße an Jürgen aus Köln,2026-01-01T10:00:00Z\n",
            {"encoding": "cp1252"},
        ),
        (
            "o.csv",
            'email,created_at\nada@mail.example,"Mar 2, 2026 09:05 PM"\n',
            {"time_format": "%b %d, %Y %I:%M %p"},
        ),
    ],
)
def test_delimiter_encoding_and_layout_are_found(
    tmp_path: Path, name: str, content: str, expected: dict[str, str]
) -> None:
    """And what is found reads the file, or it would not be proposed."""
    encoded = content.encode(expected.get("encoding", "utf-8"))

    keys = section(sniffed(tmp_path, name, encoded))

    assert {key: keys.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "noun", "glob"),
    [
        ("raw/calls/2026-01-26.csv.gz", "call", "raw/calls/*.csv.gz"),
        ("raw/calls-2026-01-26.csv", "call", "raw/calls-*.csv"),
        ("exports/TicketComments.csv", "ticket_comment", "exports/TicketComments.csv"),
        ("20260126T1200.csv", "event", "*.csv"),
        ("a[1].csv", "event", "*.csv"),
        ("sales[de].csv", "sale", "sales[[]de].csv"),
    ],
)
def test_a_name_says_what_rows_are_and_which_files_belong_together(
    name: str, noun: str, glob: str
) -> None:
    """Dates and hashes are no names, and differ from night to night."""
    words = noun_of(name)
    assert words.startswith(noun)
    assert glob_of(name) == glob


def test_an_archive_is_what_is_in_it(tmp_path: Path) -> None:
    """A table is told though the archive's own name says nothing of it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("2026-01-26.csv")
        entry.size = len(CALLS)
        archive.addfile(entry, io.BytesIO(CALLS.encode()))

    found = sniffed(tmp_path, "raw/calls/january.tar.gz", packed.getvalue())

    assert section(found)["columns"]["occurred_at"] == "started"


def test_mail_says_itself_what_it_is_in(tmp_path: Path) -> None:
    """Each part of a mail names its own encoding; one for all would spoil the others."""
    head = "From: Ada <ada@mail.example>\nTo: Kim <kim@larkspur.example>\n"
    head += "Date: Mon, 05 Jan 2026 09:00:00 +0000\nSubject: Router\nMessage-ID: <1@mail.example>\n"
    head += "MIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n"
    mail = f"{head}Content-Type: text/plain; charset=iso-8859-1\n\nGrüße aus Köln\n"

    found = sniffed(tmp_path, "raw/mail/1.eml", mail.encode("latin-1"))

    assert section(found) == {"format": "mail", "path": "raw/mail/*.eml"}
    assert not any("encoding" in remark for remark in found.remarks)


def test_a_section_reads_back() -> None:
    """Whatever columns are called, the TOML holds them."""
    keys = {"format": "generic", "columns": {'a "b" \\ ü': "x\ty", "list": ["]", "é"], "empty": []}}

    (found,) = tomllib.loads(toml("odd", keys))["sources"].values()

    assert found["columns"] == {'a "b" \\ ü': "x\ty", "list": ["]", "é"]}


def test_the_command_says_it_and_ends_with_the_verdict(tmp_path: Path, wend: Wend) -> None:
    """0 with a section, 1 where it cannot tell."""
    (tmp_path / "calls.csv").write_text(CALLS)
    (tmp_path / "notes.txt").write_text("to buy milk\n")

    told = wend("sniff", tmp_path / "calls.csv")
    lost = wend("sniff", tmp_path / "notes.txt")

    assert told.returncode == 0, told.stderr
    assert tomllib.loads(told.stdout)["sources"]["calls"]["columns"]["occurred_at"] == "started"
    assert (lost.returncode, lost.stdout.count("# cannot tell:")) == (1, 1)


def test_what_the_simulator_writes_is_told(raw_company: Path) -> None:
    """Each source of the invented company, by its largest file."""
    settings = load(raw_company)

    for name, source in settings.sources.items():
        # A week of calls proves the order of day and month when it reaches past the twelfth.
        paths = [p for p in raw_company.glob(source.path) if name != "calls" or p.stem[-2:] > "13"]
        path = max(paths, key=lambda path: path.stat().st_size)
        place = path.relative_to(raw_company).as_posix()
        found = section(propose(path, place, settings.company, NOW))
        assert found.get("format") == source.format, name
        if name == "calls":
            columns = found["columns"]
    assert columns["occurred_at"] == "started_local"
    assert columns["own_id"] == "call_id"
    assert columns["identifiers"] == {"phone": "caller", "user_id": "customer_number"}


# What is right for each table of the real exports: the format, or the mapping's time, own id and
# handles; None where the columns alone do not tell who or when, or the ids were damaged.
USUAL = {
    "amplitude": "amplitude",
    "hubspot": "hubspot",
    "intercom": None,
    "mailchimp": "mailchimp",
    "salesforce": "salesforce",
    "zendesk": None,
}
CONTACT = {"intercom_contact": "contact_id"}
UNUSUAL: dict[str, Any] = {
    # Recipients are hashes and no addresses.
    "hubspot/email_event_data": None,
    "hubspot/owner_team_data": None,
    "hubspot/team_data": None,
    "hubspot/team_user_data": None,
    "intercom/contact_company_history_data": ("contact_updated_at", None, CONTACT),
    "intercom/contact_history_data": "intercom",
    "intercom/contact_tag_history_data": ("contact_updated_at", None, CONTACT),
    "intercom/conversation_contact_history_data": "intercom",
    "intercom/conversation_history_data": "intercom",
    "intercom/conversation_part_history_data": "intercom",
    # Their ids have 17 characters: somebody made them unreadable.
    "salesforce/sf_contact_data": None,
    "salesforce/sf_contact_history_data": None,
    "zendesk/ticket_chat_data": "zendesk_support",
    "zendesk/ticket_chat_event_data": "zendesk_support",
    "zendesk/ticket_comment_data": ("created", "id", {"zendesk_user": "user_id"}),
    "zendesk/ticket_data": "zendesk_support",
    "zendesk/ticket_field_history_data": "zendesk_support",
    "zendesk/user_data": "zendesk_support",
    "zendesk/user_data_snowflake": "zendesk_support",
}  # fmt: skip


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all real tables as raw/<vendor>/<table>.csv; skipped where they are absent."""
    if not SEEDS.is_dir():
        pytest.skip(f"the real data is not here: {SEEDS}")
    folder = tmp_path_factory.mktemp("seeds")
    for path in SEEDS.glob("*/integration_tests/seeds/*.csv"):
        place = folder / "raw" / path.parts[-4] / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    return folder


def test_real_tables_are_told_rightly_or_not_at_all(seeds: Path) -> None:
    """Every one of them, and what is proposed lands with every record accounted for."""
    company = '[company]\nname = "A patchwork of public exports"\n\n'
    sections = []
    wrong = {}
    for path in sorted(seeds.glob("raw/*/*.csv")):
        vendor = path.parent.name
        found = propose(path, path.relative_to(seeds).as_posix(), LARKSPUR, NOW)
        keys = section(found)
        columns = keys.get("columns")
        said = keys.get("format") if columns is None else (
            columns["occurred_at"], columns.get("own_id"), columns["identifiers"]
        )  # fmt: skip
        if said != UNUSUAL.get(f"{vendor}/{path.stem}", USUAL[vendor]):
            wrong[f"{vendor}/{path.stem}"] = said
        assert found.section is not None or any("cannot tell" in r for r in found.remarks)
        if found.section is not None:
            name = next(iter(tomllib.loads(found.section)["sources"]))
            sections.append(
                found.section.replace(f"sources.{name}", f"sources.{vendor}_{path.stem}")
            )
    assert not wrong
    (seeds / "wend.toml").write_text(company + "\n".join(sections))
    settings = load(seeds)

    landing = gate.land(settings, settings.lake, Night(1, frozenset(), NOW), tell=lambda *_: None)

    # The same export for another warehouse repeats a table under another name.
    assert landing.files.height == len(sections)
    assert not [problem for problem in landing.problems if not problem.is_taken]
    counts = landing.files.select(pl.col("^.*_count$").sum()).row(0, named=True)
    assert counts["record_count"] == (
        counts["landed_count"]
        + counts["duplicate_count"]
        + counts["quarantined_count"]
        + counts["ignored_count"]
    )
    assert counts["quarantined_count"] < counts["record_count"] / 100


SAMPLES = sorted((Path(__file__).parent / "fuzz" / "samples").glob("*/*"))
# Samples that tell too little of themselves, and the format that their section has, if any.
UNTOLD: dict[str, str | None] = {
    "generic/visits.jsonl": None,
    # Names of stages, without a deal.
    "hubspot/deal_pipeline_stage.csv": None,
    "hubspot/stages.csv": None,
    # Its second header row names what its first leaves bare.
    "surveymonkey/sheet.csv": None,
    # One night's table is a table like any.
    "snapshot/deals_2026-01-05.csv": "generic",
    # Of columns that wend.toml must map the generic reader makes the same.
    "survey/mapped.csv": "generic",
}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_format_of_every_sample_is_named_or_not_told(tmp_path: Path, path: Path) -> None:
    """The right one, or a word on what cannot be told: never another vendor's."""
    name = f"{path.parent.name}/{path.name}"

    found = sniffed(tmp_path, f"raw/{path.name}", path.read_bytes())

    assert section(found).get("format") == UNTOLD.get(name, path.parent.name)
    if found.section is None:
        assert [remark for remark in found.remarks if remark.startswith("cannot tell: ")]


def test_a_table_of_many_nights_may_be_a_snapshot(tmp_path: Path) -> None:
    """One file does not show it, so it is asked."""
    (path,) = (path for path in SAMPLES if path.parent.name == "snapshot")

    found = sniffed(tmp_path, f"raw/{path.name}", path.read_bytes())

    assert [remark for remark in found.remarks if "it is a snapshot" in remark]
