"""What a command cannot do it says in one sentence, before it does anything."""

import errno
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import duckdb
import pytest

from pipeline import __main__ as command_line
from pipeline import publish, rehearsal
from pipeline.catalogue import templates
from pipeline.counted import counted
from pipeline.errors import BadQuery, BadSettings, DiskFull, WendError, sentence
from pipeline.landing import described
from pipeline.room import room_in
from pipeline.settings import Columns, Snapshot, clock, load


def said_by(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """The exit code of the command line, and what it wrote about an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["wend", *words])
        with pytest.raises(SystemExit) as left:
            command_line.main()
    assert isinstance(left.value.code, int)
    return left.value.code, " ".join(capsys.readouterr().err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("query", "select 1", "--limit", "-1"), (2, "--limit")),
        (("suggest-blocks", "--limit", "0"), (2, "--limit")),
        (("demo", "--customers", "0"), (2, "--customers")),
        (("simulate", "--out", "new", "--days", "-5"), (2, "--days")),
        (("identity",), (2, "Give one of --try, --as-of.")),
        (("match",), (2, "Give one of --train, --take.")),
        (("funnel", "a", "--out", "none/a.csv"), (1, "no folder none")),
        (("what-if", "--out", "none/a.json", "a.toml"), (1, "no folder none")),
        (("export", "xes", "none/a.xes"), (1, "no folder none")),
        (("export", "xes", "."), (1, "is a folder")),
        (("identity", "--try", "wend.toml", "--out", "none/a.json"), (1, "no folder none")),
        (("simulate", "--out", "."), (1, "holds other files")),
        (("sniff", "none.csv"), (1, "none.csv: no such file")),
        (("sniff", "."), (1, "is a folder")),
    ],
)
def test_what_cannot_be_meant_is_refused_first(
    words: tuple[str, ...],
    expected: tuple[int, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing was published here, and none of these asks for that."""
    templates.init(tmp_path, "retail")
    monkeypatch.chdir(tmp_path)

    code, said = said_by(capsys, *words)

    assert code == expected[0]
    assert expected[1] in said


def test_nobody_is_erased_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody can be asked, --yes has to be given."""
    monkeypatch.setattr(sys, "stdin", StringIO())

    code, said = said_by(capsys, "erase", "ada@example.org", "--project", str(tmp_path))

    assert (code, "--yes" in said, "--dry-run" in said) == (2, True, True)


def test_what_the_machine_refuses_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place, what is the matter, and what to do."""
    (tmp_path / "file").write_text("")

    code, said = said_by(capsys, "init", str(tmp_path / "file" / "project"))

    assert (code, said) == (
        1,
        f"wend: {tmp_path}/file/project: not a directory; a file is where a folder should be",
    )
    read_only = OSError(errno.EROFS, "Read-only file system", "data")
    assert sentence(read_only).startswith("data: read-only file system; ")
    assert sentence(OSError("out of paper")) == "out of paper"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        duckdb.IOException('IO Error: Could not write file "a": No space left on device'),
    ],
)
def test_a_full_disk_is_told_with_its_folder(error: Exception) -> None:
    """So is what stands nevertheless; any other error stays what it is."""
    said = "data: the disk is full; make room; all stands"
    with pytest.raises(DiskFull, match=said), room_in(Path("data"), "all stands"):
        raise error
    with pytest.raises(duckdb.IOException), room_in(Path("data"), "all stands"):
        raise duckdb.IOException("another")


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A published file of one table."""
    path = tmp_path / "wend.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create table told as select 1 as a, 'x' as b")
    return path


def test_a_question_is_one_select(snapshot: Path) -> None:
    """A pivot is one, too; what came of a question does not hinder the next."""
    with duckdb.connect(str(snapshot), read_only=True) as con:
        for sql in ("from told", "select a from told;", "pivot told on b using sum(a)"):
            assert publish.ask(con, sql, limit=5).height == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("", "write one SELECT"),
        ("-- nothing", "write one SELECT"),
        ("select 1; select 2", "write one SELECT; there are 2"),
        ("set threads = 1", "write a SELECT"),
        ("copy told to 'FOLDER/new.csv'", "write a SELECT"),
        ("copy (pivot told on b using sum(a)) to 'FOLDER/events.parquet'", "write a SELECT"),
        ("from read_text('FOLDER/secret')", "the query failed"),
        ("from glob('FOLDER/*')", "the query failed"),
        ("select", "the query failed"),
    ],
)
def test_a_question_reads_and_writes_no_other_file(snapshot: Path, sql: str, said: str) -> None:
    """The published tables are all there is."""
    folder = snapshot.parent
    (folder / "secret").write_text("hush")

    with duckdb.connect(str(snapshot), read_only=True) as con, pytest.raises(BadQuery, match=said):
        publish.ask(con, sql.replace("FOLDER", str(folder)), limit=5)

    assert {path.name for path in folder.iterdir()} == {"secret", "wend.duckdb"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            'format = "genericc"',
            "wend.toml:4: sources.calls.format: no format 'genericc'; did you mean",
        ),
        ('format = "ga4"\nchannel = "shop"', "wend.toml:5: sources.calls.channel: "),
        ('format = "ga4"\nchannel = "shop"', "not 'shop'"),
        ('format = "generic"', "needs a [sources.calls.columns] section"),
    ],
)
def test_a_source_that_cannot_be_meant_is_told_with_its_name(
    line: str, said: str, tmp_path: Path
) -> None:
    """By file, line and key, with what was found."""
    head = '[company]\nname = "x"\n[sources.calls]\n'
    (tmp_path / "wend.toml").write_text(f'{head}{line}\npath = "raw/*"\n')

    with pytest.raises(BadSettings) as refused:
        load(tmp_path)

    assert said in str(refused.value)


def test_a_file_without_a_mapped_column_names_the_section(tmp_path: Path) -> None:
    """The section of this very source is to be corrected."""
    templates.init(tmp_path, "retail")
    (tmp_path / "wend.toml").write_text(
        '[company]\nname = "x"\n[sources.calls]\nformat = "generic"\npath = "calls.csv"\n'
        'channel = "phone"\n[sources.calls.columns]\noccurred_at = "at"\nkind = "=call_answered"\n'
    )
    (tmp_path / "calls.csv").write_text("when\n2026-01-01T00:00:00Z\n")

    found = rehearsal.rehearse(load(tmp_path), now=clock())

    assert "correct [sources.calls.columns]" in found.problems[0].reason


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "wend sniff FILE"),
        (
            '[sources.a]\nformat = "ga4"\npath = "a"\n[goals]\nwin = ["Nope"]\n',
            "goals.win: unknown",
        ),
    ],
)
def test_a_check_finds_what_would_stop_a_run(more: str, said: str, tmp_path: Path) -> None:
    """No source at all, and a goal that no touchpoint is called after."""
    templates.init(tmp_path, "retail")
    (tmp_path / "wend.toml").write_text(f'[company]\nname = "x"\n[sources]\n{more}')

    with pytest.raises(WendError, match=said):
        rehearsal.rehearse(load(tmp_path), now=clock())


@pytest.mark.parametrize(
    ("name", "section"), [("generic", Columns), ("survey", Columns), ("snapshot", Snapshot)]
)
def test_a_format_lists_the_keys_of_its_section(
    name: str, section: type[Columns | Snapshot]
) -> None:
    """Each with a few words, as the code has it."""
    said = described.account(name)

    assert f"[sources.NAME.{section.__name__.lower()}]" in said
    for key in section.model_fields:
        assert f"\n  {key}: " in said or f"\n  {key} (needed): " in said


def test_one_is_singular() -> None:
    """And none is plural."""
    assert [counted(n, "file") for n in (0, 1, 2_000)] == ["0 files", "1 file", "2,000 files"]


def test_a_reader_who_goes_early_is_no_fault_to_speak_of() -> None:
    """Output into a pipe that nobody reads any more ends without a word, as `| head` wants it."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "formats"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    finally:
        os.close(writer)

    assert (done.returncode, done.stderr) == (1, "")
