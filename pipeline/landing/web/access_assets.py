"""Requests for parts of pages, by the block: a visitor's are told of once a day."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.landing.record import Event, Ignored, Outcome
from pipeline.landing.web import requests
from pipeline.landing.web.access_lines import Requests, Who
from pipeline.landing.web.access_parts import Places
from pipeline.landing.web.coded import Coded, Mask, judged, merged, paired, where

# What a line became, after its place among the lines.
Found = tuple[int, Outcome]
# What `requests.is_first` keeps of one file.
Days = dict[int, set[str]]


class Told(NamedTuple):
    """What is told of a visitor's requests for parts of pages: its id, and of which day."""

    own_id: str
    day: int


class When(NamedTuple):
    """Whether a request was for a part of a page, and on which day."""

    is_asset: bool
    day: int


def told_of(left_out: Requests, who: Coded[Who]) -> Coded[Told | None]:
    """What is told of each request, once a day; None where it is no browser's for such a part."""
    days, codes = np.unique(left_out.us // requests.DAY_US, return_inverse=True)
    is_asset = merged(judged(left_out.asked, lambda asked: asked.rule == "asset"))
    when = paired(is_asset, Coded(codes, days.tolist()), When)
    return paired(who, when, _told)


def _told(who: Who, when: When) -> Told | None:
    """What is told of who asked."""
    if not when.is_asset or not who.is_browser:
        return None
    return Told(requests.assets_of(who.visitor, when.day), when.day)


def once(
    assets: Coded[Told | None],
    rows: Places,
    found: Sequence[Found],
    told: Sequence[Days],
    files: NDArray[np.integer[Any]],
) -> tuple[Mask, list[Found]]:
    """Which of the requests left out say something new, and the other lines' outcomes of the same.

    Args:
        assets: What is told of each of the requests.
        rows: Places of their lines.
        found: What all other lines became.
        told: What was told of each file's requests so far; then these too.
        files: Of each line the place of its file.
    """
    named = np.flatnonzero(where(assets, lambda each: each is not None))
    asked = zip(rows[named].tolist(), assets.codes[named].tolist(), strict=True)
    lines = [(row, *(assets.values[code] or ())) for row, code in asked]
    lines += [
        (row, each.own_id, each.occurred.us // requests.DAY_US)
        for row, each in found
        if isinstance(each, Event) and each.kind == requests.ASSETS
    ]
    # The reader asks line by line, and forgets days on the way.
    firsts = {
        row
        for row, own_id, day in sorted(lines)
        if requests.is_first(own_id, day, told[files[row]])
    }
    others: list[Found] = [
        (row, Ignored(each.record_number, "asset"))
        if isinstance(each, Event) and each.kind == requests.ASSETS and row not in firsts
        else (row, each)
        for row, each in found
    ]
    return np.isin(rows, np.array(list(firsts), np.int64)), others
