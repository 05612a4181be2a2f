"""A field that a vendor documents stops no source, however late its first record comes."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.landing.chat import slack
from pipeline.landing.fields import Known, Table, changes, known, table, table_name
from pipeline.landing.formats import FORMATS
from pipeline.landing.record import RawFile
from tests.landing.feeds import feed
from tests.landing.samples import samples_of

# What the samples have that no vendor documents: a company's own columns and properties.
OWN = {
    "dynamics": {"cr1a_favourite"},
    "ga4": {"new_field"},
    "iterable": {"plan"},
    "pipedrive": {"9f3c1d2b4a5968778695a4b3c2d1e0f9a8b7c6d5"},
    "segment": {"experiment"},
    "sendgrid": {"plan"},
    "snowplow": {
        "contexts_com_iab_snowplow_spiders_and_robots_1_0_0",
        "our_column",
        "unstruct_event_com_acme_trial_1",
    },
    # The columns of a view, which each account chooses.
    "zendesk_support": {
        *("Created at", "Id", "Requester email", "Requester id", "Satisfaction Score"),
        *("Status", "Tags", "Ticket type", "Updated at"),
    },
}
DOCUMENTED = [name for name, layout in FORMATS.items() if layout.documented_fields()]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_record_has_no_field_but_those_documented(name: str) -> None:
    """A source that knew one field only still knows all of the sample's but a company's own."""
    layout = FORMATS[name]
    one_field = Table(1, {"-": frozenset({"text"})}, {"-": 1})
    new: set[str] = set()
    seen = 0
    for file, source in samples_of(name):
        list(layout.read(file, source))
        seen += file.profile.record_count
        earlier = Known({table_name(file.name): one_field}, layout.documented_fields())
        said = (text for text in changes(file, earlier) if text.startswith("new field "))
        new |= {text.removeprefix("new field ").rpartition(" (")[0] for text in said}

    assert seen > 0
    assert new == OWN.get(name, set())


def slack_export(folder: Path, *messages: dict[str, str]) -> RawFile:
    """An export of one channel with these messages, read to its end."""
    channel = {"id": "C1", "name": "help", "topic": {"value": "Routers", "creator": "U1"}}
    user = {
        "id": "U1",
        "name": "ada",
        "profile": {"email": "ada@example.org"},
        "updated": 1767603600,
    }
    path = folder / f"{len(messages)}.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("channels.json", json.dumps([channel]))
        archive.writestr("users.json", json.dumps([user]))
        archive.writestr("help/2026-01-05.json", json.dumps(messages))
    file = RawFile(path, path.name, f"source-{path.name}")
    list(slack.read(file, feed("slack")))
    return file


def test_an_export_of_slack_tells_of_new_fields(tmp_path: Path) -> None:
    """A message's topic, whose name a channel's object has too, is documented; a coupon is not."""
    said = {"type": "message", "user": "U1", "text": "Hello", "ts": "1767603600.000136"}
    topic = {**said, "subtype": "channel_topic", "topic": "Lines", "ts": "1767603601.000136"}
    coupon = {**said, "coupon": "SPRING", "ts": "1767603602.000136"}
    first = slack_export(tmp_path, said)
    earlier = known(table([first]), slack.RECORD_FIELDS)

    assert first.profile.record_count == 2
    assert changes(slack_export(tmp_path, said, topic), earlier) == []
    assert changes(slack_export(tmp_path, said, topic, coupon), earlier) == [
        "new field coupon (text)"
    ]
