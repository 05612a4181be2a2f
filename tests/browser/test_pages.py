"""The pages in a real browser: Debian's Chromium, driven without a network.

Skipped where no Chromium is installed; `apt-get install --no-install-recommends chromium`.
axe-core lies beside as published on npm, packed (MPL-2.0, see axe.LICENSE; tests only).
"""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipeline.pages import report
from tests.pages import company

CHROMIUM = next(
    (
        path
        for path in (os.environ.get("CHROMIUM"), "/usr/bin/chromium", "/usr/bin/google-chrome")
        if path and Path(path).exists()
    ),
    None,
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]
AXE = gzip.decompress((Path(__file__).parent / "axe-4.14.1.min.js.gz").read_bytes()).decode("utf-8")
NAMES = ["index.html", "churn.html"]
SHOWN = """[...document.querySelectorAll('svg.map g.e')]
    .filter(e => getComputedStyle(e).display !== 'none').length"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of the made-up company."""
    drawn = tmp_path_factory.mktemp("pages")
    con = company.connect(company.published())
    report.render(con, drawn)
    con.close()
    return drawn


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-sync"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that is offline, and must neither fail nor ask for anything."""
    context = browser.new_context(
        viewport={"width": 1400, "height": 900},
        offline=True,
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(f"error: {error}"))
    opened.on(
        "console",
        lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None,
    )
    opened.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("file:", "data:"))
            else faults.append(f"network: {asked.url}")
        ),
    )
    yield opened
    context.close()
    assert faults == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_accessible_and_fits(page: Page, folder: Path, name: str, scheme: str) -> None:
    """WCAG 2.2 AA by axe in both themes, no sideways scroll, nothing spills out of a cell."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto((folder / name).as_uri())
    page.evaluate(AXE)

    found = page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"
    )
    spilled = page.evaluate(
        "[...document.querySelectorAll('td, th')].filter(e => e.scrollWidth > e.clientWidth + 1)"
        ".map(e => e.textContent.trim().slice(0, 40))"
    )

    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400
    assert spilled == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_fits_a_telephone(page: Page, folder: Path, name: str) -> None:
    """At 390 pixels wide tables scroll in their own boxes, the page does not."""
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((folder / name).as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("[...document.querySelectorAll('.wide')].every(box => box.tabIndex === 0)")


@pytest.mark.parametrize("name", NAMES)
def test_words_in_drawings_are_readable(page: Page, folder: Path, name: str) -> None:
    """Text in an SVG is at least 10 pixels high as drawn."""
    page.goto((folder / name).as_uri())

    small = page.evaluate(
        """[...document.querySelectorAll('svg text')]
        .filter(t => t.getClientRects().length && t.textContent.trim())
        .map(t => {
            const svg = t.ownerSVGElement, width = svg.viewBox.baseVal.width;
            const scale = svg.getBoundingClientRect().width / width;
            return [t.textContent, parseFloat(getComputedStyle(t).fontSize) * scale];
        })
        .filter(([, size]) => size < 10)"""
    )

    assert small == []


def test_the_slider_says_how_much_of_all_steps_it_shows(page: Page, folder: Path) -> None:
    """Fewer lines are shown with less coverage, all of them with all; the words follow."""
    page.goto((folder / "index.html").as_uri())
    slider, words = page.locator("#p"), page.locator("#po")
    first, said = page.evaluate(SHOWN), words.text_content()

    slider.fill("6")
    fewer = page.evaluate(SHOWN)
    slider.fill("48")

    assert said == f"{first} of 48 paths, 90% of all steps"
    assert fewer < first
    assert page.evaluate(SHOWN) == 48
    expect(words).to_have_text("48 of 48 paths, 100% of all steps")


def test_a_touchpoint_is_selected_by_keyboard_and_let_go_by_escape(
    page: Page, folder: Path
) -> None:
    """Enter shows what comes before and after, rare lines included; Escape clears."""
    page.goto((folder / "index.html").as_uri())
    page.locator("#p").fill("6")
    box, panel = page.locator(".box[data-id='Install moved']"), page.locator("#info")

    box.focus()
    page.keyboard.press("Enter")

    expect(panel).to_contain_text("382 customers, 11% left")
    expect(panel).to_contain_text("Support chat")
    expect(box).to_have_attribute("aria-pressed", "true")
    assert page.locator("g.e.on:visible").count() == 4

    page.keyboard.press("Escape")

    expect(panel).to_contain_text("No touchpoint selected")
    expect(box).to_have_attribute("aria-pressed", "false")


def test_labels_switch_between_customers_share_and_wait(page: Page, folder: Path) -> None:
    """One choice relabels every line."""
    page.goto((folder / "index.html").as_uri())
    labels = page.locator("g.l.say:not(.off) text:last-child")
    customers = labels.all_text_contents()

    page.locator("#l").select_option("s")
    shares = labels.all_text_contents()
    page.locator("#l").select_option("w")
    waits = labels.all_text_contents()

    assert len(customers) == 14
    assert all(text.endswith("%") for text in shares)
    assert all(text.split(" ")[-1] in {"min", "h", "days"} for text in waits)


def test_the_map_can_be_read_without_scripts(browser: Browser, folder: Path) -> None:
    """Without JavaScript the same lines and the same words are there."""
    context = browser.new_context(java_script_enabled=False, offline=True)
    plain = context.new_page()
    plain.goto((folder / "index.html").as_uri())

    assert plain.locator("svg.map g.e:visible").count() == int(
        (plain.locator("#po").text_content() or "").split(" ")[0]
    )
    context.close()


@pytest.mark.parametrize(("name", "most"), [("index.html", 4), ("churn.html", 2)])
def test_a_page_prints_light_without_its_controls(
    page: Page, folder: Path, tmp_path: Path, name: str, most: int
) -> None:
    """On paper dark mode is left aside, controls are gone, and a part begins on its own page."""
    page.emulate_media(media="print", color_scheme="dark")
    page.goto((folder / name).as_uri())

    paper = tmp_path / "page.pdf"
    page.pdf(path=paper, prefer_css_page_size=True, print_background=True)

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 39, 51)"
    assert not page.locator("header").is_visible()
    assert not any(control.is_visible() for control in page.locator(".tools").all())
    assert 1 <= paper.read_bytes().count(b"/Type /Page\n") <= most
