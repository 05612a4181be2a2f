"""A field that a vendor documents stops no source, however late its first record comes."""

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from pipeline.landing import readers
from pipeline.landing.chat import slack
from pipeline.landing.fields import Documented, Known, Table, changes, known, table, table_name
from pipeline.landing.formats import FORMATS
from pipeline.landing.record import RawFile, Refused
from tests.fuzz.sample_files import samples
from tests.landing.feeds import feed
from tests.landing.samples import samples_of

# What the samples have that no vendor documents: a company's own columns and properties.
OWN = {
    "delighted": {"Customer ID", "plan"},
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
    # The questions of a survey.
    "surveymonkey": {
        *("How likely?", "Which? | Fibre", "Which? | TV", "Why? | Open-Ended Response"),
    },
    # The columns of a view, which each account chooses.
    "zendesk_support": {
        *("Created at", "Id", "Requester email", "Requester id", "Satisfaction Score"),
        *("Status", "Tags", "Ticket type", "Updated at"),
    },
}
DOCUMENTED = [name for name, layout in FORMATS.items() if readers.documented_fields(layout).names]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_record_has_no_field_but_those_documented(name: str) -> None:
    """A source that knew one field only still knows all of the sample's but a company's own."""
    layout = FORMATS[name]
    one_field = Table(1, {"-": frozenset({"text"})}, {"-": 1})
    new: set[str] = set()
    seen = 0
    for file, source in samples_of(name):
        list(readers.read(layout, file, source))
        seen += file.profile.record_count
        earlier = Known({table_name(file.name): one_field}, readers.documented_fields(layout))
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
    earlier = known(table([first]), Documented(slack.RECORD_FIELDS))

    assert first.profile.record_count == 2
    assert changes(slack_export(tmp_path, said, topic), earlier) == []
    assert changes(slack_export(tmp_path, said, topic, coupon), earlier) == [
        "new field coupon (text)"
    ]


# A sample, the place of one of its records, a field, and values of the kinds documented for it.
VARIED: list[tuple[str, int, str, tuple[Any, Any]]] = [
    ("segment/calls.jsonl", 0, "version", ("1.1", 2)),
    ("matomo/visits.json", 0, "idSite", ("1", 1)),
    ("matomo/visits.json", 0, "visitDuration", ("60", 60)),
    ("posthog/events.jsonl", 0, "properties", ('{"plan": "fibre"}', {"plan": "fibre"})),
    ("json_log/access.jsonl", 0, "status", (200, "200")),
    ("intercom/conversations.json", 0, "contacts", ([], {"type": "contact.list", "contacts": []})),
    ("intercom/conversations.json", 0, "priority", ("not_priority", False)),
    ("rocketchat/messages.jsonl", 1, "ts", ("2026-01-05T09:00:00Z", {"$date": 1_767_603_600_000})),
    ("telegram/updates.jsonl", 2, "text", ("Hello", ["Hello ", {"type": "bold", "text": "you"}])),
    ("twilio/messages.jsonl", 1, "attributes", ("{}", {})),
    ("sendgrid/events.json", 0, "category", ("bill", ["bill", "march"])),
    ("mailgun/webhooks.jsonl", 0, "timestamp", (1_767_603_600.25, "1767603600")),
    ("mailjet/webhooks.jsonl", 0, "MessageID", (19421777835146490, "19421777835146490")),
    ("brevo/webhooks.jsonl", 0, "tag", ("bill", ["bill"])),
    ("sparkpost/webhooks.jsonl", 0, "num_retries", ("2", 2)),
    ("iterable/events.json", 0, "createdAt", ("2026-01-05T09:00:00Z", 1_767_603_600_000)),
    ("pipedrive/rows.json", 0, "person_id", (7, {"value": 7, "name": "Ada"})),
    ("delighted/responses.json", 0, "person", ({"id": "p1"}, "p1")),
    ("satismeter/responses.json", 0, "campaign", ({"name": "onboarding"}, "onboarding")),
]


@pytest.mark.parametrize(("path", "place", "field", "values"), VARIED)
def test_a_field_of_several_kinds_stops_no_source(
    tmp_path: Path, path: str, place: int, field: str, values: tuple[Any, Any]
) -> None:
    """A night on which it comes as the other kind is a night like any, and lands."""
    (sample,) = (each for each in samples() if each.path == path)
    layout = FORMATS[sample.layout]
    made = []
    for day, value in enumerate(values):
        file = tmp_path / f"{day}-{sample.file_name}"
        file.write_bytes(sample.file([sample.text({**sample.records[place], field: value})]))
        made.append(RawFile(file, file.name, f"source-{day}"))
        found = list(readers.read(layout, made[-1], sample.feed()))
        assert not [each for each in found if isinstance(each, Refused)]
    first, second = made

    assert [text for text in changes(second, known(table([first]))) if text.startswith("field ")]
    assert changes(second, known(table([first]), readers.documented_fields(layout))) == []


@pytest.mark.parametrize("name", FORMATS)
def test_fields_of_several_kinds_are_among_the_documented(name: str) -> None:
    """What is listed as varied is listed as a field, and every format with such fields is tried."""
    documented = readers.documented_fields(FORMATS[name])

    assert documented.varied <= documented.names
    assert not documented.varied or name in {path.partition("/")[0] for path, *_ in VARIED}
