"""An address from which no person comes marks its event, whatever tracker carries it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.landing import readers
from pipeline.landing.formats import format_named
from pipeline.landing.record import Event, Feed
from tests.landing.feeds import events, feed, outcomes_of
from tests.landing.test_access_log import line
from tests.landing.test_amplitude import row as amplitude_row
from tests.landing.test_matomo import action, visit
from tests.landing.test_mixpanel import row as mixpanel_row
from tests.landing.test_posthog import PAGE
from tests.landing.test_posthog import row as posthog_row
from tests.landing.test_segment import PHONE, ROBOT, call
from tests.landing.test_snowplow import row as snowplow_row

RANGES = ("66.249.64.0/19", "2001:4860::/32")
CRAWLER, MAPPED, PERSON = "66.249.66.1", "::ffff:66.249.66.1", "192.0.2.7"


def _json(value: Any) -> str:
    """A value as JSON text."""
    return orjson.dumps(value).decode()


# Format -> a file of one record that carries an address of the network.
RECORDS: dict[str, Callable[[Any], str]] = {
    "segment": lambda address: _json(call(context={"ip": address, "userAgent": PHONE})),
    "snowplow": lambda address: "\t".join(snowplow_row(user_ipaddress=str(address)).values()),
    "matomo": lambda address: _json([visit(action(), visitIp=address)]),
    "posthog": lambda address: _json(posthog_row({**PAGE, "$ip": address})),
    "amplitude": lambda address: _json(amplitude_row(ip_address=address)),
    "mixpanel": lambda address: _json(mixpanel_row(**{"$ip": address})),
    "access_log": lambda address: line(host=address),
}
TRACKERS = [layout for layout in RECORDS if layout != "access_log"]


def landed(
    layout: str, content: str, folder: Path, ranges: tuple[str, ...] = RANGES
) -> list[Event]:
    """The events of a file of a company that knows these ranges."""
    source: Feed = feed(layout)
    source = replace(source, company=source.company.model_copy(update={"machine_ranges": ranges}))
    return events(outcomes_of(partial(readers.read, format_named(layout)), content, folder, source))


@pytest.mark.parametrize("layout", RECORDS)
@pytest.mark.parametrize("address", [CRAWLER, MAPPED, "2001:4860::7"])
def test_an_address_in_a_known_range_is_a_machine(
    tmp_path: Path, layout: str, address: str
) -> None:
    """Every event of the record says so."""
    found = landed(layout, RECORDS[layout](address), tmp_path)

    assert {event.machine_reason for event in found} == {"known range"}


@pytest.mark.parametrize("layout", TRACKERS)
@pytest.mark.parametrize("address", [PERSON, "", "66.249.66.xxx", None, 7, ["66.249.66.1"]])
def test_any_other_address_is_a_persons(tmp_path: Path, layout: str, address: Any) -> None:
    """What is no address lies in no range."""
    found = landed(layout, RECORDS[layout](address), tmp_path)

    assert {event.machine_reason for event in found} == {None}


@pytest.mark.parametrize("layout", TRACKERS)
def test_an_address_says_nothing_without_ranges(tmp_path: Path, layout: str) -> None:
    """Who names no range knows of none."""
    found = landed(layout, RECORDS[layout](CRAWLER), tmp_path, ranges=())

    assert {event.machine_reason for event in found} == {None}


def test_a_named_crawler_stays_one(tmp_path: Path) -> None:
    """What the agent says of itself is the better reason."""
    said = _json(call(context={"ip": CRAWLER, "userAgent": ROBOT}))

    (event,) = landed("segment", said, tmp_path)

    assert event.machine_reason == "crawler"
