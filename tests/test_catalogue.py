"""The catalogue CSVs and what is said about kinds they do not name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline import settings
from pipeline.catalogue import files as catalogue
from pipeline.catalogue import templates
from pipeline.catalogue.patterns import TOUCHPOINT_PATTERNS, label_like
from pipeline.catalogue.suggestions import suggestions
from pipeline.errors import BadSettings
from pipeline.resources import templates_folder
from tests.tables import table

STAGES = "stage,goal\nDiscover,Find it\nBuy,\n"
HEADER = "touchpoint,stage,channel,events,visibility,initiator,owner,importance,outcome,is_value\n"
TOUCHPOINTS = HEADER + (
    "Read pricing,Discover,web,page_viewed /pricing*,onstage,customer,Marketing,major,,no\n"
    "Order placed,Buy,,order_completed; deal_stage_changed Closed Won,onstage,customer,Sales,"
    "moment of truth,completes,yes\n"
    "Survey answered,,survey,survey_answered,onstage,customer,CX,minor,,no\n"
)
NOTES = "about,kind,note,author,written_on\nBuy,pain,Too slow,Sales,2026-01-31\n"
Write = Callable[..., Path]
TEMPLATES = sorted(place.name for place in templates_folder().iterdir())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a catalogue into a folder; any of its files may be given another text or bytes."""

    def write(**files: str | bytes) -> Path:
        given = {"stages": STAGES, "touchpoints": TOUCHPOINTS, "notes": NOTES, **files}
        for name, content in given.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (tmp_path / f"{name}.csv").write_bytes(raw)
        return tmp_path

    return write


def fault(folder: Path) -> str:
    """What the catalogue in a folder is refused for, its path left out."""
    with pytest.raises(BadSettings) as refused:
        catalogue.read(folder)
    return str(refused.value).replace(f"{folder}/", "")


def test_stages_keep_the_order_of_their_rows(write: Write) -> None:
    """A stage's position is its row; a goal nobody wrote is null."""
    found = catalogue.read(write()).stages

    expected = table("""
        stage    | position | goal
        Discover | 1        | Find it
        Buy      | 2        |
    """).cast(dict(catalogue.STAGES))
    assert_frame_equal(found, expected)


def test_touchpoints_carry_their_stage_position(write: Write) -> None:
    """A touchpoint without a stage has no stage position; empty channel and outcome are null."""
    found = catalogue.read(write()).touchpoints

    expected = table("""
        touchpoint      | stage    | channel | position | stage_position | outcome   | is_value
        Read pricing    | Discover | web     | 1        | 1              |           | false
        Order placed    | Buy      |         | 2        | 2              | completes | true
        Survey answered |          | survey  | 3        |                |           | false
    """)
    assert dict(found.schema) == dict(catalogue.TOUCHPOINTS)
    assert_frame_equal(found.select(expected.columns), expected, check_dtypes=False)


def test_patterns_are_ranked_as_written(write: Write) -> None:
    """Each pattern of `events` is a row, in order; a bare kind takes any label."""
    found = catalogue.read(write()).touchpoint_patterns

    expected = table("""
        rank | touchpoint      | channel | kind               | label_like
        1    | Read pricing    | web     | page_viewed        | /pricing%
        2    | Order placed    |         | order_completed    |
        3    | Order placed    |         | deal_stage_changed | Closed Won
        4    | Survey answered | survey  | survey_answered    |
    """).cast(dict(TOUCHPOINT_PATTERNS))
    assert_frame_equal(found, expected)


def test_notes_carry_their_day(write: Write) -> None:
    """A note keeps whom it is about, who wrote it and when."""
    found = catalogue.read(write()).notes

    assert dict(found.schema) == dict(catalogue.NOTES)
    assert found.rows() == [("Buy", "pain", "Too slow", "Sales", date(2026, 1, 31))]


@given(label=st.text("ab%_!*/. ", max_size=8), glob=st.text("ab%_!*/. ", min_size=1, max_size=6))
def test_a_glob_matches_what_its_like_pattern_matches(label: str, glob: str) -> None:
    """Only `*` is special in a glob; `%`, `_` and `!` stand for themselves."""
    like = label_like(glob)

    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        matched = con.execute("select coalesce(? like ? escape '!', true)", [label, like])
        assert matched.fetchone() == (_matches(glob, label),)


def _matches(glob: str, label: str) -> bool:
    """Whether a glob takes a label, by plain search for its parts."""
    first, *rest = glob.split("*")
    if not rest:
        return glob == label
    *middle, last = rest
    if not label.startswith(first):
        return False
    at = len(first)
    for part in middle:
        at = label.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return len(label) - at >= len(last) and label.endswith(last)


@pytest.mark.parametrize(
    ("saved", "how"),
    [
        (b"\xef\xbb\xbf" + STAGES.encode(), "with a byte order mark"),
        (STAGES.replace(",", ";").replace("\n", "\r\n").encode(), "by a German Excel"),
        (STAGES.replace(",", "\t").encode("utf-16"), "as Unicode text"),
        (b"sep=;\r\n" + STAGES.replace(",", ";").encode(), "with Excel's own first line"),
        (STAGES.replace("\n", ",,\n").encode() + b",,,\n", "with empty columns and rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_spreadsheet_may_save_it_its_own_way(write: Write, saved: bytes, how: str) -> None:
    """Every unambiguous way a spreadsheet saves the file reads as the same stages."""
    found = catalogue.read(write(stages=saved)).stages

    assert found.rows() == [("Discover", 1, "Find it"), ("Buy", 2, None)], how


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"touchpoints": TOUCHPOINTS.replace("Discover,web", "Discoverx,web")},
            "touchpoints.csv:2: unknown stage 'Discoverx'; did you mean 'Discover'?",
        ),
        (
            {"touchpoints": TOUCHPOINTS + TOUCHPOINTS.splitlines()[1].replace("/p", "/q")},
            "touchpoints.csv:5: touchpoint 'Read pricing' is named on line 2 too; rename one",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace(",web,", ",www,")},
            (
                "touchpoints.csv:2: channel is 'www'; write nothing, 'web', 'chat', 'email', "
                "'crm', 'phone', 'survey', 'social', 'store'"
            ),
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("/pricing*,onstage", "/pricing*,on stage")},
            "touchpoints.csv:2: visibility is 'on stage'; write 'onstage', 'offstage'",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("customer,Marketing", "buyer,Marketing")},
            "touchpoints.csv:2: initiator is 'buyer'; write 'customer', 'company'",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("major", "high")},
            (
                "touchpoints.csv:2: importance is 'high'; write 'major', 'minor', "
                "'moment of truth', 'hygiene'"
            ),
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("completes", "done")},
            "touchpoints.csv:3: outcome is 'done'; write nothing, 'completes', 'ends'",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("completes,yes", "completes,maybe")},
            "touchpoints.csv:3: is_value is 'maybe'; write 'yes', 'no'",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("Marketing", "")},
            "touchpoints.csv:2: owner is empty; write the department that answers for it",
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("page_viewed /pricing*", " ; ")},
            (
                "touchpoints.csv:2: events is empty; write the kinds it is made of, such as "
                "page_viewed /help*"
            ),
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("page_viewed /pricing*", "Page Viewed")},
            (
                "touchpoints.csv:2: events holds 'Page Viewed'; begin with a kind such as "
                "page_viewed, and part patterns by semicolons"
            ),
        ),
        (
            {"touchpoints": TOUCHPOINTS.replace("survey_answered", "order_completed online")},
            (
                "touchpoints.csv:4: 'order_completed online' can never match: line 3 takes it "
                "first; put the narrower touchpoint above the wider"
            ),
        ),
        (
            {"stages": STAGES.replace("goal", "aim")},
            (
                "stages.csv:1: no column goal; add it to the header\n"
                "stages.csv:1: unknown column 'aim'; take it out, or write it to notes.csv"
            ),
        ),
        (
            {"stages": "stage goal\nBuy\n"},
            (
                "stages.csv:1: the header is 'stage goal'; part its column names by commas, "
                "all the same"
            ),
        ),
        (
            {"stages": STAGES + "Use,Enjoy it, every day\n"},
            (
                "stages.csv:4: 3 cells where the header has 2; write a cell that holds a separator "
                'in "quotes"'
            ),
        ),
        (
            {"stages": STAGES.encode() + b"\xdcben,\n"},
            "stages.csv:4: not UTF-8; save the file as 'CSV UTF-8' in the spreadsheet",
        ),
        (
            {"notes": NOTES.replace("Buy,", "Bye,")},
            "notes.csv:2: about is 'Bye', neither a stage nor a touchpoint; did you mean 'Buy'?",
        ),
        (
            {"notes": NOTES.replace("2026-01-31", "03/04/2026")},
            "notes.csv:2: written_on is '03/04/2026'; write it as 2026-01-31",
        ),
    ],
    ids=lambda value: value.split(";")[0] if isinstance(value, str) else "",
)
def test_every_fault_names_its_line_and_what_to_do(
    write: Write, files: dict[str, str | bytes], sentence: str
) -> None:
    """A fault is told as file, line, what was found and what to write instead."""
    assert fault(write(**files)) == sentence


def test_a_line_break_inside_a_cell_does_not_shift_the_lines(write: Write) -> None:
    """A quoted cell over two lines counts as two lines of the file."""
    touchpoints = TOUCHPOINTS.replace("Marketing", '"Marketing\nand brand"')

    told = fault(write(touchpoints=touchpoints.replace("completes", "done")))

    assert told.startswith("touchpoints.csv:4: outcome")


def test_all_faults_are_told_at_once(write: Write) -> None:
    """Two faults in two files are two sentences of one error."""
    told = fault(
        write(
            touchpoints=TOUCHPOINTS.replace("major", "high"),
            notes=NOTES.replace("pain", "ache"),
        )
    )

    assert [line.split(" ")[0] for line in told.splitlines()] == [
        "touchpoints.csv:2:",
        "notes.csv:2:",
    ]


def test_a_missing_file_is_named(write: Write) -> None:
    """Without stages.csv the error says which file to add."""
    folder = write()
    (folder / "stages.csv").unlink()

    assert fault(folder) == "stages.csv: no such file; run `wend init` or add it"


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_makes_a_project_that_loads(tmp_path: Path, template: str) -> None:
    """What init writes is a catalogue and settings without a fault, with or without sources."""
    written = templates.init(tmp_path / "shop", template)

    found = catalogue.read(tmp_path / "shop")
    assert [path.name for path in written] == list(templates.FILES)
    assert settings.load(tmp_path / "shop").sources == {}
    assert 5 <= found.stages.height <= 8
    assert 15 <= found.touchpoints.height <= 25
    assert {"completes", "ends"} <= set(found.touchpoints["outcome"])
    assert found.touchpoints["is_value"].any()


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_sources_a_template_offers_are_valid(tmp_path: Path, template: str) -> None:
    """With every # before a source taken off, wend.toml still loads and names known formats."""
    templates.init(tmp_path, template)
    path = tmp_path / settings.FILE_NAME
    text = path.read_text(encoding="utf-8")
    lines = [
        line.removeprefix("# ") if line.startswith("# [") or " = " in line else line
        for line in text.splitlines()
    ]
    path.write_text("\n".join(lines), encoding="utf-8")

    assert len(settings.load(tmp_path).sources) >= 8


def test_init_never_overwrites(tmp_path: Path) -> None:
    """One file in the way and nothing at all is written."""
    (tmp_path / "stages.csv").write_text("mine", encoding="utf-8")

    with pytest.raises(BadSettings, match=r"stages\.csv exists already and nothing was written"):
        templates.init(tmp_path, "retail")
    assert [path.name for path in tmp_path.iterdir()] == ["stages.csv"]
    assert (tmp_path / "stages.csv").read_text(encoding="utf-8") == "mine"


def test_an_unknown_template_lists_those_there_are(tmp_path: Path) -> None:
    """Asked for a template that does not exist, init names the five that do."""
    with pytest.raises(
        BadSettings, match="no template 'farm'; there are bank, health, retail, software, telecom"
    ):
        templates.init(tmp_path, "farm")


def test_a_suggestion_goes_by_rare_shared_words(write: Write) -> None:
    """A label's own words find a touchpoint; what shares none in its channel is new."""
    found = catalogue.read(write())
    unmapped = table("""
        channel | kind            | label          | event_count
        web     | page_failed     | /pricing/plans | 9
        email   | email_delivered | newsletter     | 7
        web     | page_viewed     | /help/phone    | 5
        web     | order_cancelled |                | 3
        phone   | page_failed     | /pricing/plans | 3
        crm     | contact_created |                | 2
    """)

    suggested = suggestions(unmapped, found.touchpoints, found.touchpoint_patterns)

    assert suggested["suggestion"].to_list() == [
        "add to 'Read pricing': page_failed /pricing*",
        "add a touchpoint: email_delivered newsletter",
        "add a touchpoint: page_viewed /help*",
        "add to 'Order placed': order_cancelled",
        "add a touchpoint: page_failed /pricing*",
        "a record about a customer, no meeting: may stay unmapped",
    ]
    assert_frame_equal(suggested.drop("suggestion"), unmapped)


def test_what_is_no_meeting_may_stay_unmapped(write: Write) -> None:
    """A record, part of a conversation or a report on delivery, whatever words it shares."""
    found = catalogue.read(write())
    unmapped = table("""
        channel | kind              | label_example
        crm     | deal_created      | order
        chat    | chat_message_sent | pricing
        email   | email_opened      | survey
    """)

    suggested = suggestions(unmapped, found.touchpoints, found.touchpoint_patterns)

    assert suggested["suggestion"].to_list() == [
        "a record about a customer, no meeting: may stay unmapped",
        "part of a conversation whose start is a touchpoint: may stay unmapped",
        "a report on delivery: may stay unmapped",
    ]


def test_suggestions_for_nothing_are_nothing(write: Write) -> None:
    """No unmapped kind, no suggestion, and the column is text all the same."""
    found = catalogue.read(write())
    unmapped = pl.DataFrame(
        schema={"channel": pl.String, "kind": pl.String, "label_example": pl.String}
    )

    suggested = suggestions(unmapped, found.touchpoints, found.touchpoint_patterns)

    assert suggested.schema["suggestion"] == pl.String


def test_the_rules_have_a_version_that_notes_do_not_change() -> None:
    """The same catalogue has the same version, one with another stage has another."""
    read = catalogue.read(templates_folder() / "telecom")
    without_notes = replace(read, notes=read.notes.clear())
    with_fewer_stages = replace(read, stages=read.stages.head(3))

    assert catalogue.version(read) == catalogue.version(without_notes)
    assert catalogue.version(read) != catalogue.version(with_fewer_stages)
