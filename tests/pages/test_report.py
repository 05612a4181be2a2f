# ruff: noqa: RUF001 - pages are set with true minus signs and dashes
import re
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest

from pipeline.pages import numbers, report
from tests.pages import company
from tests.pages.reading import Page

EVIL = "<script>alert('=1+1')</script>\"&"


def _render(folder: Path, tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """The pages of `tables` by file name."""
    con = company.connect(tables)
    try:
        return {path.name: path.read_text(encoding="utf-8") for path in report.render(con, folder)}
    finally:
        con.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The pages of the made-up company."""
    return _render(tmp_path_factory.mktemp("pages"), company.published())


@pytest.mark.parametrize("name", ["index.html", "churn.html"])
def test_a_page_needs_no_network_and_stays_small(pages: dict[str, str], name: str) -> None:
    """No address leaves the page but its own neighbours, and it is below 200 KB."""
    page = Page(pages[name])
    addresses = {
        value
        for _, attributes in page.tags
        for key, value in attributes.items()
        if key in {"href", "src", "action", "srcset", "xlink:href"}
    }

    assert addresses <= {
        "#main",
        "#data",
        "data:,",
        "index.html#journey",
        "index.html#paths",
        "index.html#data",
        "churn.html",
        "churn_list.csv",
        "dictionary.html",
    }
    assert not re.search(r"https?://|@import|url\(", pages[name])
    assert len(pages[name].encode()) < 200_000


@pytest.mark.parametrize("name", ["index.html", "churn.html"])
def test_a_page_has_one_first_heading_and_names_its_language(
    pages: dict[str, str], name: str
) -> None:
    """Screen readers find one h1 and the language."""
    tags = Page(pages[name]).tags

    assert [tag for tag, _ in tags].count("h1") == 1
    assert ("html", {"lang": "en"}) in tags


def test_every_drawing_says_what_it_shows(pages: dict[str, str]) -> None:
    """Each SVG has a label; pictures are images, the map is a group of buttons."""
    for name in ("index.html", "churn.html"):
        drawings = [attributes for tag, attributes in Page(pages[name]).tags if tag == "svg"]
        assert all(drawing["aria-label"] and drawing["role"] for drawing in drawings)


def test_drop_offs_on_the_journey_map_equal_the_table(pages: dict[str, str]) -> None:
    """Share and counts of "left here" are those of journey_map, which are those of drop_offs."""
    tables = company.published()
    left = next(
        row for row in Page(pages["index.html"]).table("Stage") if row[0].startswith("Left here")
    )
    drop_offs = tables["drop_offs"].filter(pl.col("grain") == "stage")

    for cell, stage in zip(left[1:], company.REACHED, strict=True):
        row = drop_offs.row(by_predicate=pl.col("name") == stage, named=True)
        counts = f"{row['settled_ended_count']:,} of {row['settled_count']:,}"
        assert counts in cell


def test_drop_offs_in_the_ranked_list_equal_the_table(pages: dict[str, str]) -> None:
    """Counts, share and interval of each line are those of drop_offs."""
    drop_offs = company.published()["drop_offs"].filter(pl.col("grain") == "touchpoint")
    ranked = Page(pages["index.html"]).table("Last touchpoint")

    assert len(ranked) == 8
    for name, counts, share, *_ in ranked:
        row = next(
            row
            for row in drop_offs.iter_rows(named=True)
            if name.startswith(f"{row['name']} {row['stage']}")
        )
        assert counts == f"{row['settled_ended_count']:,} of {row['settled_count']:,}"
        assert share == (
            f"{100 * row['drop_off_share']:.0f}% "
            f"{100 * row['share_low']:.0f}–{100 * row['share_high']:.0f}%"
        )


def test_drop_offs_in_the_boxes_equal_the_table(pages: dict[str, str]) -> None:
    """The share a box is marked with is the share of drop_offs."""
    drop_offs = company.published()["drop_offs"].filter(pl.col("grain") == "touchpoint")
    shares = dict(drop_offs.select("name", "drop_off_share").iter_rows())
    boxes = re.findall(r'data-id="([^"]+)" data-words="[^"]*?(\d+)% left"', pages["index.html"])

    assert len(boxes) > 10
    for name, share in boxes:
        assert f"{share}%" == numbers.share(shares[name]).strip("<>")


def test_the_table_of_all_numbers_holds_every_path(pages: dict[str, str]) -> None:
    """Steps below the map are those of touchpoint_transitions, exits among them."""
    steps = next(
        table[1:]
        for table in Page(pages["index.html"]).tables
        if table[0][:3] == ["From", "To", "Steps"]
    )
    assert sorted((row[0], row[1], row[2]) for row in steps) == sorted(
        (start, end, f"{count:,}")
        for start, end, count in company.published()["touchpoint_transitions"]
        .select("from_touchpoint", "to_touchpoint", "transition_count")
        .iter_rows()
    )


def _poisoned() -> dict[str, pl.DataFrame]:
    """The published tables with markup in every text that records or people give."""
    tables = company.published()
    kept = {
        # Words of ours, which the pages read as such.
        "state", "grain", "visibility", "outcome", "initiator", "kind", "step_seconds",
        "from_name", "to_name", "claim", "model_id",
    }  # fmt: skip
    poisoned = {}
    for name, frame in tables.items():
        text = [
            column
            for column, kind in frame.schema.items()
            if kind == pl.String and column not in kept
        ]
        poisoned[name] = frame.with_columns(
            pl.when(pl.col(column).is_null() | pl.col(column).str.starts_with("("))
            .then(column)
            .otherwise(pl.col(column) + EVIL)
            .alias(column)
            for column in text
        )
    return poisoned


@pytest.mark.parametrize("name", ["index.html", "churn.html"])
def test_markup_in_names_and_messages_is_shown_and_never_run(tmp_path: Path, name: str) -> None:
    """Names, quotes, reasons and notes with tags in them come out as words."""
    text = _render(tmp_path, _poisoned())[name]
    page = Page(text)

    assert "<script>alert" not in text
    assert "<script>alert" in page.words
    assert [tag for tag, _ in page.tags].count("script") == (name == "index.html")
    assert not [key for _, attributes in page.tags for key in attributes if key.startswith("on")]


def test_the_same_tables_give_the_same_bytes(pages: dict[str, str], tmp_path: Path) -> None:
    """Nothing on a page depends on when or in which order of rows it was drawn."""
    shuffled = {
        name: frame.sample(fraction=1, shuffle=True, seed=7)
        if name != "touchpoint_transitions"
        else frame.reverse()
        for name, frame in company.published().items()
    }

    assert _render(tmp_path, shuffled) == pages


def _empty() -> dict[str, pl.DataFrame]:
    """A first run in which nothing has landed."""
    tables = {name: frame.clear() for name, frame in company.published().items()}
    given = company.published()
    return tables | {
        "parameters": given["parameters"],
        "runs": given["runs"].head(1).with_columns(event_count=0, customer_count=0),
        "touchpoints": given["touchpoints"],
    }


def test_a_first_run_without_anything_still_gives_pages(tmp_path: Path) -> None:
    """Every part says in words that it has nothing to show."""
    pages = _render(tmp_path, _empty())
    words = Page(pages["index.html"]).words

    for said in (
        "No customer has a journey yet",
        "No journeys yet: no event matched a touchpoint",
        "Fewer than 2 touchpoints were met",
        "No touchpoint lost clearly more",
        "No stage visit yet",
        "No source is configured",
        "No check ran",
    ):
        assert said in words
    assert "No probabilities yet" in Page(pages["churn.html"]).words


def test_one_stage_without_messages_or_surveys_gives_a_page(tmp_path: Path) -> None:
    """The smallest catalogue is drawn: one column, "no messages", "No survey in this stage"."""
    tables = company.published()
    only = pl.col("stage") == "Discover"
    tables |= {
        name: tables[name].filter(only)
        for name in ("journey_map", "touchpoints", "touchpoint_measures", "pain_points")
    }
    tables |= {"notes": tables["notes"].clear(), "stage_quotes": tables["stage_quotes"].clear()}

    words = Page(_render(tmp_path, tables)["index.html"]).words

    for said in ("no messages", "No survey in this stage", "none above threshold", "none logged"):
        assert said in words


def test_dark_mode_maps_every_colour_of_the_drawings(pages: dict[str, str]) -> None:
    """A colour that a drawing is set in has its role in the style, so that themes reach it."""
    for text in pages.values():
        used = set(re.findall(r'(?:fill|stroke)="(#[0-9A-F]{6})"', text))
        mapped = set(re.findall(r'svg \[fill="(#[0-9A-F]{6})"\]', text))
        assert used
        assert used <= mapped
