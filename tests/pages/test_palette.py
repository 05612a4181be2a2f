import pytest

from pipeline.pages.palette import DARK, LIGHT

TEXT = ("ink", "muted", "faint", "accent", "good", "bad", "check")


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", TEXT)
def test_text_is_readable_on_page_and_panel(colours: dict[str, str], role: str) -> None:
    """Every colour that words are set in has a contrast of 4.5 on page and panel (WCAG AA)."""
    assert min(_contrast(colours[role], colours[ground]) for ground in ("page", "panel")) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_boxes_are_visible(colours: dict[str, str]) -> None:
    """A box's edge has a contrast of 3 on page and panel (WCAG AA for drawings)."""
    assert min(_contrast(colours["edge"], colours[ground]) for ground in ("page", "panel")) >= 3


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_words_on_the_worst_cell_are_readable(colours: dict[str, str]) -> None:
    """The red cell's fill keeps names and counts readable."""
    assert min(_contrast(colours[role], colours["badcell"]) for role in ("ink", "muted")) >= 4.5


def test_each_light_value_stands_for_one_role() -> None:
    """Dark mode maps values to roles, so no two roles share a light value."""
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()
