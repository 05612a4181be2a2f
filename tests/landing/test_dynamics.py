"""Dynamics 365 tables, as the Web API answers and as CSV, to events."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.crm import dynamics
from pipeline.landing.record import Outcome
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

CONTACT = "a1b2c3d4-0000-4000-8000-00000000000c"
OTHER = "a1b2c3d4-0000-4000-8000-0000000000cc"
LEAD = "a1b2c3d4-0000-4000-8000-00000000000e"
DEAL = "a1b2c3d4-0000-4000-8000-00000000000d"
CASE = "a1b2c3d4-0000-4000-8000-0000000000ca"
ACTIVITY = "a1b2c3d4-0000-4000-8000-0000000000ac"
CREATED = "2026-01-05T09:20:00Z"
FORMATTED = "@OData.Community.Display.V1.FormattedValue"
TARGET = "@Microsoft.Dynamics.CRM.lookuplogicalname"


def read(tmp_path: Path, *records: dict[str, Any], **more: Any) -> list[Outcome]:
    """What the reader makes of an answer of the Web API."""
    answer = {"@odata.context": "https://x.example/$metadata#contacts", "value": list(records)}
    source = feed("dynamics", domains=("larkspur.example",), **more)
    return outcomes_of(dynamics.read, json.dumps(answer), tmp_path, source, name="rows.json")


def contact(**changed: Any) -> dict[str, Any]:
    """A contact."""
    return {
        "@odata.etag": 'W/"1"',
        "contactid": CONTACT,
        "createdon": CREATED,
        "modifiedon": "2026-01-09T10:00:00Z",
        "emailaddress1": "Ada@mail.example",
        "telephone1": None,
        "mobilephone": "07700 900123",
        "statecode": 0,
        f"statecode{FORMATTED}": "Active",
        "merged": False,
        "_masterid_value": None,
        "_originatingleadid_value": None,
        "cr1a_favourite": ["tea"],
    } | changed


def test_a_contact_is_its_guid_and_its_handles(tmp_path: Path) -> None:
    """In lower case, without braces, whoever wrote it."""
    (event,) = events(read(tmp_path, contact(contactid="{" + CONTACT.upper() + "}")))

    assert (event.kind, at(event), event.channel) == (
        "contact_created",
        "2026-01-05 09:20:00",
        "crm",
    )
    assert people(event) == {
        "subject dynamics_contact": CONTACT,
        "subject email": "ada@mail.example",
        "subject phone": "+447700900123",
    }


def test_csv_reads_as_the_same_contact(tmp_path: Path) -> None:
    """The columns of the API and those of an export differ in look-ups only."""
    csv = (
        "contactid,createdon,emailaddress1,mobilephone,merged,masterid,originatingleadid\n"
        f"{CONTACT.upper()},{CREATED},ada@mail.example,+447700900123,False,,{LEAD}\n"
    )
    source = feed("dynamics")
    rows = events(outcomes_of(dynamics.read, csv, tmp_path, source, name="contact.csv"))
    found = events(read(tmp_path, contact(_originatingleadid_value=LEAD)))

    assert [(each.kind, each.identifiers, each.own_id) for each in rows] == [
        (each.kind, each.identifiers, each.own_id) for each in found
    ]
    assert people(found[1]) == {
        "subject dynamics_lead": LEAD,
        "subject dynamics_contact": CONTACT,
    }


def test_a_merged_row_is_the_truth_about_two_contacts(tmp_path: Path) -> None:
    """The one with `merged` is gone into its `masterid`."""
    (event,) = events(read(tmp_path, contact(merged=True, _masterid_value=OTHER.upper())))

    assert (event.kind, event.is_merge, at(event)) == (
        "identity_merged",
        True,
        "2026-01-09 10:00:00",
    )
    assert [each.value for each in event.identifiers] == [OTHER, CONTACT]


def test_a_qualified_lead_is_its_contact(tmp_path: Path) -> None:
    """State 1 ties the lead to the contact and the opportunity it became."""
    lead = {
        "leadid": LEAD,
        "createdon": CREATED,
        "modifiedon": "2026-01-08T09:00:00Z",
        "emailaddress1": "ada@mail.example",
        "leadsourcecode": 8,
        f"leadsourcecode{FORMATTED}": "Web",
        "statecode": 1,
        f"statecode{FORMATTED}": "Qualified",
        "_parentcontactid_value": CONTACT,
        "_qualifyingopportunityid_value": DEAL,
    }

    created, converted = events(read(tmp_path, lead))

    assert (created.kind, created.label) == ("lead_created", "Web")
    assert (converted.kind, at(converted)) == ("lead_converted", "2026-01-08 09:00:00")
    assert people(converted) == {
        "subject dynamics_lead": LEAD,
        "subject dynamics_contact": CONTACT,
        "subject dynamics_opportunity": DEAL,
    }
    assert (
        len(events(read(tmp_path, lead | {"statecode": 0, f"statecode{FORMATTED}": "Open"}))) == 1
    )


def test_an_opportunity_tells_its_creation_its_contact_and_its_end(tmp_path: Path) -> None:
    """A closing day before the hour of creation is not a deal won before it was made."""
    deal = {
        "opportunityid": DEAL,
        "createdon": CREATED,
        "_parentcontactid_value": CONTACT,
        "_customerid_value": CONTACT,
        f"_customerid_value{TARGET}": "contact",
        "estimatedvalue": 99.5,
        "actualvalue": 120,
        "statecode": 1,
        "actualclosedate": "2026-01-05",
    }

    found = events(read(tmp_path, deal))

    assert [(each.kind, each.label, each.amount_cents) for each in found] == [
        ("deal_created", None, 12000),
        ("association_recorded", None, None),
        ("deal_stage_changed", "Won", 12000),
    ]
    assert at(found[2]) == "2026-01-05 09:20:00"
    assert people(found[1])["subject dynamics_contact"] == CONTACT


def test_the_process_says_since_when_a_deal_is_in_its_stage(tmp_path: Path) -> None:
    """A row of the business process flow is a change of stage."""
    row = {
        "businessprocessflowinstanceid": OTHER,
        "_opportunityid_value": DEAL,
        "_activestageid_value": ACTIVITY,
        f"_activestageid_value{FORMATTED}": "Propose",
        "activestagestartedon": "2026-01-07T12:00:00Z",
    }

    (event,) = events(read(tmp_path, row))

    assert (event.kind, event.label, at(event)) == (
        "deal_stage_changed",
        "Propose",
        "2026-01-07 12:00:00",
    )


def test_a_case_is_opened_and_its_resolution_closes_it(tmp_path: Path) -> None:
    """The case has its contact; the resolution names only the case."""
    case = {
        "incidentid": CASE,
        "createdon": CREATED,
        "title": "No line",
        "description": "dead since noon",
        "casetypecode": 2,
        f"casetypecode{FORMATTED}": "Problem",
        "_customerid_value": CONTACT,
        f"_customerid_value{TARGET}": "contact",
    }
    resolution = activity("incidentresolution", actualend="2026-01-06T10:00:00Z") | {
        "_regardingobjectid_value": CASE,
        f"_regardingobjectid_value{TARGET}": "incident",
    }

    opened, closed = events(read(tmp_path, case, resolution))

    assert (opened.kind, opened.label, opened.text) == (
        "ticket_opened",
        "Problem",
        "dead since noon",
    )
    assert people(opened) == {
        "subject dynamics_case": CASE,
        "subject dynamics_contact": CONTACT,
    }
    assert (closed.kind, closed.object_id, at(closed)) == (
        "ticket_closed",
        CASE,
        "2026-01-06 10:00:00",
    )


def activity(word: str, **changed: Any) -> dict[str, Any]:
    """A row of activitypointer about the contact."""
    return {
        "activityid": ACTIVITY,
        "activitytypecode": word,
        "createdon": CREATED,
        "_regardingobjectid_value": CONTACT,
        f"_regardingobjectid_value{TARGET}": "contact",
    } | changed


@pytest.mark.parametrize(
    ("row", "kind", "direction", "when"),
    [
        (activity("phonecall", actualend="2026-01-06T10:00:00Z"), "call_logged", "outbound", "06"),
        (activity("phonecall", directioncode=False), "call_logged", "inbound", "05"),
        (activity("email"), "email_logged", "outbound", "05"),
        (activity("appointment", scheduledstart="2026-01-07T10:00:00Z"), "meeting_held",
         "outbound", "07"),
        (activity("task", actualend="2026-01-06T10:00:00Z"), "task_added", "internal", "05"),
    ],
)  # fmt: skip
def test_an_activity_is_what_staff_did(
    tmp_path: Path, row: dict[str, Any], kind: str, direction: str, when: str
) -> None:
    """By the kind of activity, and by who began it."""
    (event,) = events(read(tmp_path, row))

    assert (event.kind, event.direction, at(event)[8:10]) == (kind, direction, when)
    assert people(event) == {"subject dynamics_contact": CONTACT}


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (activity("email", **{f"_regardingobjectid_value{TARGET}": "account"}),
         "names no customer"),
        (activity("appointment", scheduledstart="2027-01-07T10:00:00Z"), "still to come"),
        (activity("appointment", statecode=3), "cancelled or still to come"),
        ({"accountid": OTHER, "name": "Acme", "createdon": CREATED}, "no customer event"),
        (contact(merged=True), "merged, without a master"),
    ],
)  # fmt: skip
def test_what_tells_of_no_customer_is_left_out_by_name(
    tmp_path: Path, row: dict[str, Any], rule: str
) -> None:
    """Counted by its rule."""
    assert ignored(read(tmp_path, row)) == [(1, rule)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (contact(contactid="5.70306E+17"), "contactid is no GUID: '5.70306E+17'"),
        (contact(contactid=["x"]), "contactid is no GUID"),
        (contact(createdon="05/01/2026"), "not an ISO 8601 time"),
        (contact(createdon="2026-01-05 09:20"), "time without a zone"),
        (contact(createdon=None), "no time in createdon"),
        (contact(merged=True, _masterid_value="1"), "masterid is no GUID"),
        ({"opportunityid": DEAL, "createdon": CREATED, "estimatedvalue": "much"},
         "not an amount of money"),
    ],
)  # fmt: skip
def test_a_damaged_row_is_refused_and_its_neighbours_are_not(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    """With the column and what stands there."""
    found = read(tmp_path, contact(), row, contact(contactid=OTHER))

    ((number, reasons),) = refused(found)
    assert number == 2
    assert reasons.startswith(reason)
    assert len(events(found)) == 2


def test_an_unknown_table_is_refused(tmp_path: Path) -> None:
    """It names what is nearest and what that would need."""
    with pytest.raises(SourceRefused, match="no Dynamics table known here has the columns"):
        read(tmp_path, {"goalid": CONTACT, "createdon": CREATED})
