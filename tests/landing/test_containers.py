import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SourceRefused
from pipeline.landing.containers import (
    csv_records,
    json_records,
    json_scanner,
    text_lines,
    unpacked,
)
from pipeline.landing.record import BLANK, Raw, RawFile

Write = Callable[..., RawFile]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file with given bytes and name."""

    def make(content: bytes, name: str = "file.jsonl") -> RawFile:
        path = tmp_path / name
        path.write_bytes(content)
        return RawFile(path, name, "source-1")

    return make


def zipped(**entries: bytes) -> bytes:
    """A .zip with these entries."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w", /, **entries: bytes) -> bytes:
    """A .tar with these entries, in a folder, beside links to them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        folder, link = tarfile.TarInfo("days"), tarfile.TarInfo("newest")
        folder.type, link.type, link.linkname = tarfile.DIRTYPE, tarfile.SYMTYPE, "days/one"
        archive.addfile(folder)
        archive.addfile(link)
        for name, content in entries.items():
            entry = tarfile.TarInfo(f"days/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def seen(records: list[Raw]) -> list[tuple[int, object, str | None]]:
    """Number, value and problem of each record."""
    return [(raw.number, raw.value, raw.problem) for raw in records]


TWO_LINES = b'{"a":1}\n{"a":2}\n'


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("f.jsonl", TWO_LINES),
        ("f.jsonl.gz", gzip.compress(TWO_LINES[:8]) + gzip.compress(TWO_LINES[8:])),
        ("f.jsonl.bz2", bz2.compress(TWO_LINES)),
        ("f.JSONL.ZST", zstandard.compress(TWO_LINES[:8]) + zstandard.compress(TWO_LINES[8:])),
        ("f.zip", zipped(one=TWO_LINES)),
        ("f.jsonl.xz", lzma.compress(TWO_LINES)),
        ("f.zip", zipped(one=TWO_LINES[:8], two=TWO_LINES[8:])),
        ("f.tar", tarred(one=TWO_LINES[:8], two=TWO_LINES[8:])),
        ("f.tar.gz", tarred("w:gz", one=TWO_LINES[:8], two=TWO_LINES[8:])),
        ("f.TGZ", tarred("w:gz", one=TWO_LINES)),
        ("f.tar.bz2", tarred("w:bz2", one=TWO_LINES)),
        ("f.tar.xz", tarred("w:xz", one=TWO_LINES)),
        ("f.tar.zst", zstandard.compress(tarred(one=TWO_LINES))),
    ],
    ids=[
        *("plain", "gzip", "bzip2", "zstandard", "zip", "xz", "zip of two", "tar of two"),
        *("tar.gz of two", "tgz", "tar.bz2", "tar.xz", "tar.zst"),
    ],
)
def test_every_compression_holds_the_same_lines(write: Write, name: str, packed: bytes) -> None:
    """A file says the same plain and packed, in one piece and in several."""
    found = list(json_records.json_lines(write(packed, name)))

    assert seen(found) == [(1, {"a": 1}, None), (2, {"a": 2}, None)]


@pytest.mark.parametrize(("name", "pack"), [("b.gz", gzip.compress), ("b.zst", zstandard.compress)])
def test_a_bomb_is_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch, name: str, pack: Callable[[bytes], bytes]
) -> None:
    """A file that unpacks past the absolute limit and the ratio is refused by name."""
    monkeypatch.setattr(unpacked, "BOMB_BYTES", 10_000)

    with pytest.raises(SourceRefused, match=f"{name}: unpacks to more than 200 times its size"):
        list(text_lines.lines(write(pack(b"\n" * 3_000_000), name)))


def test_what_unpacks_within_the_limit_is_read(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Much less than the ratio is no bomb, whatever the absolute limit."""
    monkeypatch.setattr(unpacked, "BOMB_BYTES", 10)

    assert len(list(text_lines.lines(write(gzip.compress(b"ada\nbob\n"), "f.gz")))) == 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.gz", gzip.compress(TWO_LINES)[:-12]),
        ("f.bz2", bz2.compress(TWO_LINES)[:-4]),
        ("f.zst", zstandard.compress(TWO_LINES * 9)[:-4]),
        ("f.zip", zipped(one=TWO_LINES)[:-30]),
        ("f.xz", lzma.compress(TWO_LINES)[:-4]),
        ("f.tar", tarred(one=TWO_LINES * 400)[:4096]),
        ("f.tar", tarred(one=TWO_LINES, two=TWO_LINES)[:3072]),
        ("f.tar.gz", tarred("w:gz", one=TWO_LINES)[:-12]),
        ("f.gz", b"this is no gzip"),
        ("f.tar", b"this is no tar" * 100),
        ("f.tar.gz", gzip.compress(b"this is no tar" * 100)),
    ],
    ids=[
        *("gzip", "bzip2", "zstandard", "zip", "xz", "tar in a file", "tar between files"),
        *("tar.gz", "no gzip", "no tar", "no tar in a gzip"),
    ],
)
def test_a_damaged_file_is_refused(write: Write, name: str, content: bytes) -> None:
    """What cannot be unpacked to its end is refused, not read in part."""
    with pytest.raises(SourceRefused, match=f"{name}: "):
        list(text_lines.lines(write(content, name)))


def test_utf16_text_is_known_by_its_mark(write: Write) -> None:
    """Spreadsheets' Unicode text is read as what it says it is."""
    found = list(text_lines.lines(write("zo\u00eb,b\n1,2\n".encode("utf-16"))))

    assert seen(found) == [(1, "zo\u00eb,b", None), (2, "1,2", None)]


@pytest.mark.parametrize(
    ("encoding", "text"), [("cp1252", "Zo\u00eb \u20ac5"), ("shift_jis", "\u65e5\u672c")]
)
def test_text_of_a_stated_encoding_is_read_in_it(encoding: str, text: str, write: Write) -> None:
    """The same words come out as from UTF-8."""
    file = replace(write(f"{text}\nx\n".encode(encoding)), encoding=encoding)

    assert [raw.value for raw in text_lines.lines(file)] == [text, "x"]


def test_text_that_is_not_of_its_stated_encoding_is_refused(write: Write) -> None:
    """Rather than read as other words."""
    file = replace(write(b"ada\n\x81\n"), encoding="cp1252")

    with pytest.raises(SourceRefused, match="is not the cp1252 text that it should be"):
        list(text_lines.lines(file))


def test_a_line_with_nul_bytes_is_a_problem(write: Write) -> None:
    """A crash of the machine that wrote leaves them; its neighbours are whole."""
    content = b"ada\nb\0\0b\ncyd\n"

    found = list(text_lines.lines(write(content)))
    (block,) = text_lines.blocks(write(content))
    (row,) = (raw for raw in csv_records.csv_rows(write(b"a,b\n1,\0\n3,4\n")) if raw.problem)

    assert [raw.problem for raw in found] == [None, text_lines.NUL, None]
    assert [raw.number for raw in block.problems] == [2]
    assert (row.number, row.problem) == (1, text_lines.NUL)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("f.jsonl", b"", "f.jsonl: is empty; fetch it again"),
        ("f.zip", zipped(a=b""), "f.zip: is empty"),
        ("f.tar", b"", "f.tar: is empty"),
        ("f.tgz", tarred("w:gz", a=b""), "f.tgz: is empty"),
        ("f.7z", b"x", "an archive of a kind not opened here"),
        ("f.zip.gz", b"x", "an archive of a kind not opened here"),
        ("f.zip", zipped(**{"inner.zip": zipped(a=b"x")}), "an archive in an archive"),
        ("f.tar", tarred(**{"inner.tar.gz": b"x"}), "f.tar:days/inner.tar.gz: an archive in an"),
    ],
)
def test_a_file_that_cannot_be_opened_says_what_to_do(
    name: str, content: bytes, said: str, write: Write
) -> None:
    """Nothing of it is read."""
    with pytest.raises(SourceRefused, match=said):
        list(text_lines.lines(write(content, name)))


@pytest.mark.parametrize(("name", "pack"), [("f.zip", zipped), ("f.tar", tarred)])
def test_a_compressed_file_in_an_archive_is_opened(
    write: Write, name: str, pack: Callable[..., bytes]
) -> None:
    """Amplitude packs its hourly files this way."""
    packed = pack(**{"01.json.gz": gzip.compress(b""), "02.json.gz": gzip.compress(TWO_LINES)})

    assert len(list(json_records.json_lines(write(packed, name)))) == 2


def test_what_a_desktop_adds_to_an_archive_is_no_record(write: Write) -> None:
    """A Mac puts a hidden twin beside each file that it packs."""
    packed = tarred(**{"._calls": b"\0\5\x16\7", "calls": TWO_LINES})

    assert len(list(json_records.json_lines(write(packed, "f.tar")))) == 2


def test_a_bomb_in_an_archive_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of an archive have one limit together."""
    monkeypatch.setattr(unpacked, "BOMB_BYTES", 10_000)
    one = gzip.compress(b"\n" * 2_000_000)

    with pytest.raises(SourceRefused, match="unpacks to more than 200 times its size"):
        list(text_lines.lines(write(tarred(**{"a.gz": one, "b.gz": one}), "f.tar")))


@pytest.mark.parametrize(
    ("name", "packing"),
    [
        ("calls.csv", (".csv", "", "")),
        ("calls.CSV.gz", (".csv", "", ".gz")),
        ("calls.csv.tgz", (".csv", ".tar", ".gz")),
        ("calls.2026.tar.xz", (".2026", ".tar", ".xz")),
        ("export.zip", ("", ".zip", "")),
        ("calls", ("", "", "")),
        (".gz", ("", "", "")),
    ],
)
def test_a_name_says_how_a_file_is_packed(name: str, packing: tuple[str, str, str]) -> None:
    """What is packed, in which archive, compressed how."""
    assert unpacked.packing(name) == packing


def test_lines_are_numbered_as_in_an_editor(write: Write) -> None:
    """A mark of byte order and line ends are no part of a line; blank lines say that they are."""
    found = list(text_lines.lines(write(b"\xef\xbb\xbfada\r\n\n  \nbob")))

    assert seen(found) == [
        (1, "ada", None),
        (2, None, BLANK),
        (3, None, BLANK),
        (4, "bob", None),
    ]


def test_a_line_that_is_not_utf8_is_a_problem(write: Write) -> None:
    """The bytes are kept as escapes, the neighbours are read."""
    found = list(text_lines.lines(write(b"ada\nb\xf6b\ncyd\n")))

    assert [raw.problem for raw in found] == [None, "not UTF-8 at byte 1", None]
    assert found[1].text == "b\\xf6b"


@pytest.mark.parametrize("read", [text_lines.lines, json_records.json_lines])
def test_an_over_long_line_is_a_problem(
    write: Write, monkeypatch: pytest.MonkeyPatch, read: Callable[[RawFile], list[Raw]]
) -> None:
    """Its beginning is kept, and reading goes on behind it."""
    for module in (text_lines, unpacked):
        monkeypatch.setattr(module, "RECORD_LIMIT", 100)
        monkeypatch.setattr(module, "KEPT_OF_LONG", 10)

    found = list(read(write(b"x" * 250 + b'\n{"a":1}\n')))

    assert found[0].text == "x" * 10
    assert found[0].problem == "251 bytes long, over the limit of 100"
    assert found[1].number == 2


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[1]", "not a JSON object"),
        ('{"a":1', "not valid JSON: "),
        ('{"a":NaN}', "not valid JSON: "),
        ('{"a":"\\ud800"}', "not valid JSON: "),
        ("[" * 5000, "not valid JSON: "),
    ],
)
def test_a_line_that_is_no_json_object_is_a_problem(write: Write, line: str, problem: str) -> None:
    """It keeps its text and says why."""
    (raw,) = json_records.json_lines(write(line.encode()))

    assert raw.text == line
    assert (raw.problem or "").startswith(problem)


@given(
    lines=st.lists(
        st.sampled_from(
            [b"ada", b"", b" ", b"b\xf6b", b"x" * 50, b"x" * 60, b"{}\r", "é".encode()]
        ),
        min_size=2,
    ),
    end=st.sampled_from([b"", b"\n"]),
    block=st.integers(25, 90),
)
def test_blocks_hold_what_lines_hold(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, block: int
) -> None:
    """Reading by the block gives the lines, numbers and problems of reading line by line."""
    path = tmp_path_factory.mktemp("blocks") / "f"
    path.write_bytes(b"\n".join(lines) + end)
    file = RawFile(path, "f", "source-1")

    with pytest.MonkeyPatch.context() as patch:
        for module in (text_lines, unpacked):
            patch.setattr(module, "RECORD_LIMIT", 50)
            patch.setattr(module, "KEPT_OF_LONG", 10)
        patch.setattr(text_lines, "BLOCK", block)
        one_by_one = list(text_lines.lines(file))
        found: list[Raw] = []
        for each in text_lines.blocks(file):
            rows = zip(each.numbers.tolist(), each.whole.decode().split("\n")[:-1], strict=True)
            texts = ((number, line.rstrip("\r\n")) for number, line in rows)
            found += [text_lines.line_record(number, text) for number, text in texts]
            found += each.problems

    assert sorted(found, key=lambda raw: raw.number) == one_by_one


@pytest.mark.parametrize(
    "document",
    [
        '[{"a":1},{"a":2}]',
        '{"count":2,"chats":[{"a":1}, {"a":2}],"next":null}',
        '{"chats":[{"a":1}]}\n{"chats":[{"a":2}]}',
        '[{"a":1}]\n[{"a":2}]',
        '{"a":1}\n{"a":2}\n',
        '\ufeff[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n',
    ],
)
def test_records_are_found_in_every_kind_of_document(write: Write, document: str) -> None:
    """A list, a list under a key, documents in a row, and single objects hold the same records."""
    found = list(json_records.json_array(write(document.encode()), "chats"))

    assert seen(found) == [(1, {"a": 1}, None), (2, {"a": 2}, None)]


def test_a_broken_element_costs_only_itself(write: Write) -> None:
    """In a document with one element a line, an open string ends with its line."""
    document = b'[\n{"a":1},\n{"a":"open},\n{"a":3},\n{"a":4\n]'

    found = list(json_records.json_array(write(document)))

    assert [raw.value for raw in found] == [{"a": 1}, None, {"a": 3}, None]
    assert found[1].text == '{"a":"open},'
    assert found[1].problem is not None


@pytest.mark.parametrize(
    ("document", "texts"),
    [
        (b'[{"a":1},{"b":},{"c":3}]', ['{"a":1}', '{"b":}', '{"c":3}']),
        (b'[{"a":1},{"b":"cut', ['{"a":1}', '{"b":"cut']),
        (b'[{"a":1}', ['{"a":1}', ""]),
        (b'[{"a":1}}, {"b":1}]', ['{"a":1}', "}", '{"b":1}']),
        (b'[1,"x",{"a":1}]', ["1", '"x"', '{"a":1}']),
    ],
)
def test_a_broken_document_is_told_in_pieces(
    write: Write, document: bytes, texts: list[str]
) -> None:
    """Every piece of a broken document is a record, and one that broke off says so."""
    found = list(json_records.json_array(write(document)))

    assert [raw.text for raw in found] == texts
    assert [raw.problem is None for raw in found] == [
        text in {'{"a":1}', '{"b":1}', '{"c":3}'} for text in texts
    ]


def test_a_long_document_is_read_through_a_small_window(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are whole wherever the window's edges fall."""
    monkeypatch.setattr(json_scanner, "CHUNK", 7)
    elements = ",".join(f'{{"number":{number},"text":"é{"x" * number}"}}' for number in range(60))

    found = list(json_records.json_array(write(f"[{elements}]".encode())))

    assert [raw.value["number"] for raw in found] == list(range(60))


def test_a_document_that_is_no_json_is_refused(write: Write) -> None:
    """A page of an error message in place of an export is refused as a whole."""
    with pytest.raises(SourceRefused, match="is no JSON list or object; it begins with '<'"):
        list(json_records.json_array(write(b"<html>", "chats.json")))


def test_quoted_line_breaks_belong_to_their_row(write: Write) -> None:
    """Rows are counted from 1 after the header, whatever lines they fill; blank lines are none."""
    content = b'\xef\xbb\xbfname,note\r\nada,"one\r\ntwo"\r\n\r\nbob,"say ""hi"""\r\n'

    found = list(csv_records.csv_rows(write(content, "f.csv")))

    assert seen(found) == [
        (1, {"name": "ada", "note": "one\r\ntwo"}, None),
        (2, {"name": "bob", "note": 'say "hi"'}, None),
    ]
    assert found[0].text == 'ada,"one\r\ntwo"'


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("bob", "1 cells where the header has 2"),
        ("bob,1,2", "3 cells where the header has 2"),
        ('bob,"open', "not a CSV row"),
        ('bob,"op"en', "not a CSV row"),
        ('"one\ntwo",1,2', "3 cells where the header has 2"),
    ],
)
def test_a_bad_row_costs_only_itself(write: Write, bad: str, problem: str) -> None:
    """A ragged row, or one that an open quote joins to its neighbours, leaves these alone."""
    content = f'name,note\nada,"1"\n{bad}\ncyd,3\ndan,"4"\n'.encode()

    found = list(csv_records.csv_rows(write(content, "f.csv")))

    assert [raw.value and raw.value["name"] for raw in found] == ["ada", None, "cyd", "dan"]
    assert found[1].text == bad
    assert (found[1].problem or "").startswith(problem)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xef\xbb\xbf", "is empty; a CSV needs a header line"),
        (b"name,name\nada,1\n", "the header names name twice"),
        (b"name,\nada,1\n", "column 2 has no name"),
        (b'"name\n', "the header line cannot be read"),
    ],
)
def test_a_csv_without_a_clear_header_is_refused(write: Write, content: bytes, reason: str) -> None:
    """Cells cannot be told apart without names that differ."""
    with pytest.raises(SourceRefused, match=reason):
        list(csv_records.csv_rows(write(content, "f.csv")))


def test_a_csv_cell_that_is_not_utf8_is_a_problem(write: Write) -> None:
    """The row is kept with its bytes as escapes."""
    found = list(csv_records.csv_rows(write(b"name,note\nada,\xe9\nbob,2\n", "f.csv")))

    assert [raw.problem for raw in found] == ["not UTF-8 at byte 4", None]


@given(
    rows=st.lists(
        st.tuples(*[st.text(st.sampled_from('a",\n\r é'), max_size=6)] * 2).filter(
            lambda row: any(cell.strip() for cell in row)
        ),
        max_size=8,
    )
)
def test_any_written_csv_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    """Whatever cells hold, a well-written CSV has no problems and loses nothing."""
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    path.write_bytes("\n".join(["name,note", *quoted]).encode())

    found = list(csv_records.csv_rows(RawFile(path, "f.csv", "source-1")))

    assert [tuple(raw.value.values()) for raw in found] == rows
