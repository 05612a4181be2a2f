"""The colours of every page: one light and one dark value for each role.

Drawings carry the light value in their attributes, so that they print as they are; in dark mode
the page's style maps each value to its role. A test computes the contrasts.
"""

LIGHT = {
    "page": "#FFFFFF",
    "panel": "#F6F8FA",
    "ink": "#1B2733",
    "muted": "#52606D",
    "faint": "#66727F",
    "rule": "#D5DCE4",
    "edge": "#7A8794",
    "flow": "#AEBBC9",
    "accent": "#1F5FA8",
    "good": "#0B6E69",
    "bad": "#B5371F",
    "check": "#8A5A00",
    "badcell": "#FBEDE9",
    "bar": "#C9D5E2",
}
DARK = {
    "page": "#12181F",
    "panel": "#1A222B",
    "ink": "#E6EBF0",
    "muted": "#A9B4C0",
    "faint": "#95A1AE",
    "rule": "#33404D",
    "edge": "#8593A1",
    "flow": "#4A5A6B",
    "accent": "#7DB4F0",
    "good": "#4CC2B8",
    "bad": "#FF9274",
    "check": "#F2B84B",
    "badcell": "#33211D",
    "bar": "#34475B",
}
