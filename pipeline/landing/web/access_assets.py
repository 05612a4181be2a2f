"""Requests for parts of pages, by the block: a visitor's are told of once a day."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.landing.record import Event, Ignored, Outcome
from pipeline.landing.web import requests
from pipeline.landing.web.access_lines import Requests, Who
from pipeline.landing.web.access_parts import Places
from pipeline.landing.web.coded import Coded, Mask, judged, merged, paired, where


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
    numbers: Places,
    found: Sequence[Outcome],
    told: dict[int, set[str]],
) -> tuple[Mask, list[Outcome]]:
    """Which of the requests left out say something new, and the other lines' outcomes of the same.

    Args:
        assets: What is told of each of the requests.
        numbers: Of their lines.
        found: What all other lines of the block became.
        told: What `requests.is_first` keeps.
    """
    named = np.flatnonzero(where(assets, lambda each: each is not None))
    asked = zip(numbers[named].tolist(), assets.codes[named].tolist(), strict=True)
    lines = [(number, *(assets.values[code] or ())) for number, code in asked]
    lines += [
        (each.record_number, each.own_id, each.occurred.us // requests.DAY_US)
        for each in found
        if isinstance(each, Event) and each.kind == requests.ASSETS
    ]
    # The reader asks line by line, and forgets days on the way.
    firsts = {
        number for number, own_id, day in sorted(lines) if requests.is_first(own_id, day, told)
    }
    others = [
        Ignored(each.record_number, "asset")
        if isinstance(each, Event)
        and each.kind == requests.ASSETS
        and each.record_number not in firsts
        else each
        for each in found
    ]
    return np.isin(numbers, np.array(list(firsts), np.int64)), others
