"""What is written is what happened: the readers of landing find the truth in the raw files."""

from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from pipeline.landing.record import Event, Refused
from tests.simulate.conftest import Written

SOURCES = (
    "web",
    "portal",
    "chat",
    "messenger",
    "campaigns",
    "mailbox",
    "hubspot",
    "salesforce",
    "calls",
    "survey",
)
# The kind and label by which the telecom template knows each touchpoint.
KINDS = {
    "Visit site": ("page_viewed", "/"),
    "Read pricing": ("page_viewed", "/pricing"),
    "Compare plans": ("page_viewed", "/compare"),
    "Ask sales": ("chat_started", "sales"),
    "Quote sent": ("email_sent", "quotes"),
    "Order placed": ("order_completed", ""),
    "Credit check": ("deal_stage_changed", "Credit Check"),
    "Welcome email": ("email_delivered", "welcome"),
    "Install booked": ("deal_stage_changed", "Install booked"),
    "Install moved": ("deal_stage_changed", "Install moved"),
    "Install done": ("deal_stage_changed", "Install done"),
    "First login": ("first_login", ""),
    "Use service": ("page_viewed", "/portal"),
    "View bill": ("page_viewed", "/bills"),
    "Support chat": ("conversation_started", ""),
    "Phone call": ("call_answered", ""),
    "Ticket opened": ("ticket_opened", ""),
    "Ticket resolved": ("ticket_closed", ""),
    "Complaint": ("email_received", "complaints"),
    "Renewal offer": ("email_delivered", "renewal"),
    "Renewed": ("deal_stage_changed", "Renewed"),
    "Cancel page": ("page_viewed", "/cancel"),
    "Cancelled": ("deal_stage_changed", "Cancelled"),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_bad_record_is_refused_and_no_good_one(company: Written, source: str) -> None:
    """The records that the truth lists as bad are those that the reader refuses, one for one."""
    planted = company.truth("bad_records").filter(pl.col("source") == source)

    refused = {
        (file, outcome.record_number)
        for file, outcome in company.outcomes(source)
        if isinstance(outcome, Refused)
    }

    assert refused == set(planted.select("file", "record_number").iter_rows())
    assert planted["reason"].is_not_null().all()


@pytest.mark.parametrize("source", SOURCES)
def test_the_files_list_counts_records_as_landing_does(company: Written, source: str) -> None:
    """Every file is listed, with at least as many records as outcomes speak of."""
    listed = company.truth("files").filter(pl.col("source") == source)
    folder = company.folder / "raw" / source
    present = {p.relative_to(company.folder).as_posix() for p in folder.rglob("*") if p.is_file()}

    last: Counter[str] = Counter()
    for file, outcome in company.outcomes(source):
        last[file] = max(last[file], outcome.record_number)

    assert set(listed["file"]) == present
    counts = dict(listed.select("file", "record_count").iter_rows())
    assert {file: counts[file] for file in last} == dict(last)


@pytest.mark.parametrize("touchpoint", KINDS)
def test_every_touchpoint_of_the_truth_is_an_event_of_its_reader(
    company: Written, touchpoint: str
) -> None:
    """The reader gives its kind and label at the instants of the truth, and at no others."""
    kind, label = KINDS[touchpoint]
    happened = company.truth("events").filter(pl.col("touchpoint") == touchpoint)
    if happened.is_empty():
        pytest.skip("nobody of the small company met it")

    outcomes = [
        (file, outcome)
        for file, outcome in company.outcomes(happened["source"][0])
        if isinstance(outcome, Event)
    ]
    # The models put a stage under its label; the reader gives its id.
    names = {one.object_id: one.label for _, one in outcomes if one.kind == "stage_labelled"}
    found: dict[str, int] = {}
    for file, outcome in outcomes:
        named = replace(outcome, label=names.get(outcome.label, outcome.label))
        if is_meeting(named, kind, label):
            own_id = outcome.own_id or f"{file} {outcome.record_number}"
            found[own_id] = outcome.occurred.us // 1_000_000

    at = happened["occurred_at"].dt.epoch("s").to_list()
    if happened["own_id"].is_null().all():
        # Without an own id a copy cannot be told from a repetition here: landing does that.
        assert set(found.values()) == set(at)
    else:
        assert Counter(found.values()) == Counter(at)


# Access logs and HubSpot's stages have no ids of their own; a survey meets no touchpoint.
NUMBERED = [source for source in SOURCES if source not in {"portal", "hubspot", "survey"}]


@pytest.mark.parametrize("source", NUMBERED)
def test_every_record_lands_as_itself_and_of_its_person(company: Written, source: str) -> None:
    """Found by its own id, at its instant, under handles of that person and of nobody else."""
    owners: dict[tuple[str, str], set[int]] = {}
    for person, *handle in (
        company.truth("identifiers").select("person_id", "namespace", "value").iter_rows()
    ):
        owners.setdefault((handle[0], handle[1]), set()).add(person)
    landed: dict[str, list[Event]] = {}
    for _, outcome in company.outcomes(source):
        if isinstance(outcome, Event) and outcome.own_id is not None:
            # Salesforce's events say what of a record they tell: case/500.../opened.
            for part in outcome.own_id.split("/"):
                landed.setdefault(part, []).append(outcome)
    happened = company.truth("events").filter(pl.col("source") == source)
    assert happened.height > 0

    for person, own_id, at in happened.select(
        "person_id", "own_id", pl.col("occurred_at").dt.epoch("s")
    ).iter_rows():
        found = landed[own_id.strip("<>")]
        told = [event for event in found if event.occurred.us // 1_000_000 == at]
        assert told, (own_id, at)
        known = [
            owners[handle.namespace, handle.value]
            for event in told
            for handle in event.identifiers
            if handle.role not in {"agent", "mentioned"}
            and (handle.namespace, handle.value) in owners
        ]
        assert all(person in each for each in known), own_id
        # A deal's history names its opportunity, which a row of another table gives to somebody.
        assert known or source == "salesforce"


def is_meeting(event: Event, kind: str, label: str) -> bool:
    """Whether a person known by some handle met the touchpoint of this kind and label."""
    found = event.label or ""
    fits = found == label if label == "/" else found.startswith(label)
    return event.kind == kind and fits and bool(event.identifiers) and not event.machine_reason


def test_scores_and_words_follow_the_mood(company: Written) -> None:
    """Who feels badly scores lower than who feels well."""
    scores = company.truth("scores").group_by("metric", "mood").agg(pl.col("score").mean())
    by_mood = scores.pivot("mood", index="metric", values="score")

    both = by_mood.drop_nulls(["-1", "1"])
    assert both.height > 0
    assert (both["-1"] < both["1"]).all()
