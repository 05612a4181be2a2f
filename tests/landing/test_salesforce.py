"""Salesforce tables to events, and the two lengths of its ids."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing.clocks import EPOCH, MICROSECOND, Clock
from pipeline.landing.crm import salesforce
from pipeline.landing.crm.rows import recognise
from pipeline.landing.crm.salesforce_ids import record_id
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, Refused
from pipeline.settings import Company, Source

FEED = Feed(
    "crm",
    Source(format="salesforce", path="*.csv"),
    Company(name="Larkspur", currency="GBP", time_zone="Europe/London"),
    Clock(None, 788_918_400_000_000, 1_798_675_200_000_000),
)
ADA, ADA15 = "0031G00000qAfq1QAC", "0031G00000qAfq1"
LEAD = record_id("00Q1G00000nDnM5")
DEAL = record_id("0061G00000Ja7B6")
ROW = record_id("0081G00000Ja7B6")
CASE = record_id("5001G00000nDnM5")
MADE = "2026-01-05T09:20:00.000+0000"
LATER = "2026-01-06T10:00:00.000+0000"
CONTACT = (
    "Id,IsDeleted,MasterRecordId,LastName,Phone,Email,CreatedDate,LastModifiedDate,External_Id__c"
)
HISTORY = "Id,OpportunityId,CreatedDate,StageName,Amount,IsDeleted"
CASES = "Id,IsDeleted,CaseNumber,ContactId,SuppliedEmail,Type,Reason,ClosedDate,CreatedDate"

Read = Callable[..., list[Outcome]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a table given as its header and rows."""

    def read(*lines: str, name: str = "table.csv", feed: Feed = FEED) -> list[Outcome]:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return list(salesforce.read(RawFile(path, path.name, "crm-1"), feed))

    return read


def events(found: list[Outcome]) -> list[Event]:
    """What was read, all of it events."""
    assert all(isinstance(outcome, Event) for outcome in found), found
    return [outcome for outcome in found if isinstance(outcome, Event)]


def handles(event: Event) -> list[str]:
    """The event's identifiers as namespace:value."""
    return [f"{identifier.namespace}:{identifier.value}" for identifier in event.identifiers]


def at(event: Event) -> str:
    """The event's instant."""
    return f"{EPOCH + event.occurred.us * MICROSECOND:%Y-%m-%d %H:%M:%S}"


IDS = st.text(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", min_size=15, max_size=15
)


def test_the_published_example_of_an_id() -> None:
    """Salesforce's own example of a 15-character id gets its 18-character form."""
    assert record_id("001D000000IqhSL") == "001D000000IqhSLIAZ"


@given(short=IDS)
def test_both_lengths_of_an_id_meet(short: str) -> None:
    """An id and its 18-character form are one, however often it is normalised."""
    assert record_id(record_id(short)) == record_id(short)
    assert record_id(short).startswith(short)


@given(short=IDS)
def test_a_lower_cased_id_is_refused(short: str) -> None:
    """Lower-casing an 18-character id breaks its checksum as soon as it had a capital."""
    whole = record_id(short)
    assume(short != short.lower())

    with pytest.raises(BadRecord, match="was put into lower case"):
        record_id(whole.lower())


@pytest.mark.parametrize("text", ["0033700000JmrFPAA", "5.70306E+17", "nqxS50kwRjtOYb9Z==", ""])
def test_what_is_no_id_is_refused(text: str) -> None:
    """17 characters, a rounded number or a hash is no id."""
    with pytest.raises(BadRecord, match="no Salesforce id of 15 or 18 letters and digits"):
        record_id(text)


def test_a_contact_is_its_handles_in_normal_form(read: Read) -> None:
    """A contact is one contact_created with its id, address, number and customer number."""
    (event,) = events(
        read(CONTACT, f'"{ADA15}",false,,L,(020) 7946 0000,Ada@Example.org,{MADE},{LATER},LB1')
    )

    assert (event.kind, at(event), event.own_id) == ("contact_created", "2026-01-05 09:20:00", None)
    assert handles(event) == [
        f"salesforce_contact:{ADA}",
        "email:ada@example.org",
        "phone:+442079460000",
        "user_id:LB1",
    ]


def test_fivetrans_table_reads_as_the_same_contact(read: Read) -> None:
    """Fivetran's spelling and its UTC without a zone give the same event.

    When the table was synced says until when its names held, which the export does not.
    """
    (fivetran,) = events(
        read(
            "id,_fivetran_synced,account_id,last_name,email,created_date",
            f"{ADA},2026-01-09 04:00:00,,L,ada@example.org,2026-01-05 09:20:00",
        )
    )
    (export,) = events(read(CONTACT, f"{ADA},false,,L,,ada@example.org,{MADE},,"))

    undated = tuple(one._replace(stated_us=None) for one in fivetran.attributes)
    assert replace(fivetran, occurred=export.occurred, attributes=undated) == export
    assert fivetran.occurred.us == export.occurred.us


def test_a_person_account_is_its_contact(read: Read) -> None:
    """An account that is a person counts under its contact's id; a company's is ignored."""
    person, company = read(
        "Id,Name,LastName,PersonContactId,PersonEmail,BillingCity,CreatedDate",
        f"{record_id('0011G00000eNyiX')},,L,{ADA15},ada@example.org,London,{MADE}",
        f"{record_id('0011G00000eNyiY')},Home Ltd,,,,London,{MADE}",
    )

    assert handles(*events([person])) == [f"salesforce_contact:{ADA}", "email:ada@example.org"]
    assert company == Ignored(2, "no customer event")


def test_a_contact_merged_away_is_one_person_with_the_other(read: Read) -> None:
    """The deleted loser of a merge names its master: that is a merge and not a deletion."""
    other = record_id("0031G00000rfAvu")

    (event,) = events(read(CONTACT, f"{other},true,{ADA},L,,,{MADE},{LATER},"))

    assert (event.kind, event.is_merge, at(event)) == (
        "identity_merged",
        True,
        "2026-01-06 10:00:00",
    )
    assert handles(event) == [f"salesforce_contact:{ADA}", f"salesforce_contact:{other}"]


def test_a_converted_lead_is_linked_to_its_contact(read: Read) -> None:
    """Conversion links lead, contact and opportunity; its day is not before the lead's creation."""
    created, converted = events(
        read(
            "Id,IsDeleted,LastName,Company,Email,Status,IsConverted,ConvertedDate,"
            "ConvertedContactId,ConvertedOpportunityId,CreatedDate",
            f"{LEAD},false,L,Home,ada@example.org,Closed,true,2026-01-05,{ADA15},{DEAL},{MADE}",
        )
    )

    assert (created.kind, handles(created)) == (
        "lead_created",
        [f"salesforce_lead:{LEAD}", "email:ada@example.org"],
    )
    assert (converted.kind, at(converted)) == ("lead_converted", "2026-01-05 09:20:00")
    assert (converted.is_merge, converted.occurred.precision) == (False, "day")
    assert handles(converted) == [
        f"salesforce_lead:{LEAD}",
        f"salesforce_contact:{ADA}",
        f"salesforce_opportunity:{DEAL}",
    ]


def test_a_stage_reaches_the_contact_through_the_opportunity(read: Read) -> None:
    """OpportunityHistory names the opportunity, and Opportunity links it to its contact."""
    (stage,) = events(read(HISTORY, f"{ROW},{DEAL[:15]},{LATER},Credit Check,39.50,false"))
    created, linked = events(
        read(
            "Id,IsDeleted,Name,StageName,Amount,ContactId,CreatedDate",
            f"{DEAL},false,Fibre,Renewed,39,{ADA15},{MADE}",
        )
    )

    assert (stage.kind, stage.label, stage.amount_cents, stage.currency) == (
        "deal_stage_changed",
        "Credit Check",
        3950,
        "GBP",
    )
    assert stage.own_id == f"history/{ROW}"
    assert handles(stage) == handles(created) == [f"salesforce_opportunity:{DEAL}"]
    assert (linked.kind, handles(linked)) == (
        "association_recorded",
        [f"salesforce_opportunity:{DEAL}", f"salesforce_contact:{ADA}"],
    )


def test_a_contact_role_links_the_opportunity(read: Read) -> None:
    """OpportunityContactRole gives the same association, known by the same own id."""
    (role,) = events(
        read("Id,OpportunityId,ContactId,Role,CreatedDate", f"x,{DEAL},{ADA},Buyer,{MADE}")
    )
    (_, linked) = events(read("Id,StageName,ContactId,CreatedDate", f"{DEAL},Renewed,{ADA},{MADE}"))

    assert role.own_id == linked.own_id


def test_field_history_tells_stages_and_ignores_the_rest(read: Read) -> None:
    """Of OpportunityFieldHistory only StageName becomes an event."""
    stage, other = read(
        "Id,OpportunityId,Field,OldValue,NewValue,CreatedDate",
        f"x,{DEAL},StageName,Ordered,Renewed,{MADE}",
        f"y,{DEAL},Amount,1,2,{MADE}",
    )

    assert isinstance(stage, Event)
    assert stage.label == "Renewed"
    assert other == Ignored(2, "other property")


def test_a_case_is_opened_and_closed(read: Read) -> None:
    """A case with a closing date is two events of its contact, under its type or else reason."""
    opened, closed = events(
        read(CASES, f"{CASE},false,00042,{ADA15},Ada@Example.org,,Fault,{LATER},{MADE}")
    )

    assert [(event.kind, event.label, at(event)) for event in (opened, closed)] == [
        ("ticket_opened", "Fault", "2026-01-05 09:20:00"),
        ("ticket_closed", "Fault", "2026-01-06 10:00:00"),
    ]
    assert handles(opened) == [f"salesforce_contact:{ADA}", "email:ada@example.org"]


def test_a_case_open_and_later_closed_is_one_opening(read: Read) -> None:
    """The same case in two months' exports has one own id for its opening."""
    (first,) = events(read(CASES, f"{CASE},false,00042,{ADA},,Fault,,,{MADE}"))
    second, _ = events(read(CASES, f"{CASE},false,00042,{ADA},,Fault,,{LATER},{MADE}"))

    assert first == second


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("Id,WhoId,ActivityDate,TaskSubtype", f"x,{ADA},2026-01-05,Call", "call_logged"),
        ("Id,WhoId,ActivityDate,TaskSubtype", f"x,{LEAD},2026-01-05,Email", "email_logged"),
        ("Id,WhoId,StartDateTime,Type", f"x,{ADA},{MADE},Meeting", "meeting_held"),
    ],
)
def test_activities_belong_to_whom_they_name(read: Read, header: str, row: str, kind: str) -> None:
    """WhoId is a contact or a lead by its first three characters."""
    (event,) = events(read(header, row.replace("x,", f"{record_id('00T1G00003UffGj')},", 1)))

    assert event.kind == kind
    namespace = "salesforce_lead" if LEAD in row else "salesforce_contact"
    assert handles(event)[0].startswith(namespace)


@pytest.mark.parametrize(
    ("header", "row", "rule"),
    [
        (CONTACT, f"{ADA},true,,L,,,{MADE},,", "deleted"),
        (HISTORY, f"{ROW},{DEAL},{MADE},Renewed,1,true", "deleted"),
        (CASES, f"{CASE},false,00042,,,Fault,,,{MADE}", "names no customer"),
        ("Id,WhoId,ActivityDate,TaskSubtype", ",,2026-01-05,Call", "names no customer"),
        ("Id,WhoId,StartDateTime", f",{ADA},2027-03-05T09:20:00Z", "still to come"),
        ("Id,Name,BillingCity", "x,Home,London", "no customer event"),
        ("Id,Username,Email", "x,robin,robin@larkspur.example", "no customer event"),
    ],
)
def test_rows_without_a_customers_event_are_ignored_by_rule(
    read: Read, header: str, row: str, rule: str
) -> None:
    """What is deleted, planned, staff or nobody's is counted under its rule."""
    assert read(header, row) == [Ignored(1, rule)]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            (HISTORY, f"{ROW},{DEAL},2026-13-05T10:00:00.000+0000,Renewed,1,false"),
            "impossible time",
        ),
        ((HISTORY, f"{ROW},{DEAL.lower()},{MADE},Renewed,1,false"), "was put into lower case"),
        ((HISTORY, f"{ROW},{DEAL},05/01/2026 09:20,Renewed,1,false"), "not an ISO 8601 time"),
        ((HISTORY, f"{ROW},,{MADE},Renewed,1,false"), "no id in opportunityid"),
        ((CASES, f"{CASE},false,00042"), "3 cells where the header has 9"),
    ],
)
def test_a_broken_row_is_refused_with_its_reason(
    read: Read, lines: tuple[str, ...], reason: str
) -> None:
    """A row that cannot be an event keeps its text and says why."""
    (refused,) = read(*lines)

    assert isinstance(refused, Refused)
    assert reason in refused.reasons
    assert refused.raw == lines[1]


@pytest.mark.parametrize(
    ("table", "header"),
    [
        ("Contact", "Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Phone,Email,OwnerId"),
        ("Lead", "Id,IsDeleted,LastName,Company,Email,Status,IsConverted,ConvertedContactId"),
        ("Opportunity", "Id,IsDeleted,AccountId,Name,StageName,Amount,CloseDate,ContactId"),
        ("OpportunityHistory", "Id,OpportunityId,CreatedDate,StageName,Amount,Probability"),
        ("OpportunityHistory of Fivetran", "_fivetran_start,account_id,id,stage_name,amount"),
        ("OpportunityContactRole", "Id,OpportunityId,ContactId,Role,IsPrimary,CreatedDate"),
        ("OpportunityLineItem", "Id,OpportunityId,UnitPrice,Quantity,PricebookEntryId"),
        ("Case", "Id,IsDeleted,CaseNumber,ContactId,SuppliedEmail,Type,Status,Origin,Subject"),
        ("CaseHistory, CaseComment", "Id,CaseId,CreatedDate,Field,OldValue,NewValue"),
        ("Task", "Id,WhoId,WhatId,Subject,ActivityDate,Status,TaskSubtype,AccountId"),
        ("Event", "Id,WhoId,WhatId,Subject,ActivityDate,StartDateTime,AccountId"),
        ("User", "Id,Username,LastName,Email,ProfileId,IsActive"),
        ("Account", "Id,IsDeleted,Name,Type,BillingCity,Phone,Industry"),
    ],
)
def test_a_header_says_which_object_it_is(table: str, header: str) -> None:
    """The objects of Data Export and of Fivetran are told apart by their columns."""
    assert recognise("x.csv", header.split(","), "Salesforce", salesforce.TABLES).name == table


def test_an_unknown_header_names_the_nearest_object(read: Read) -> None:
    """A file of no known object is refused as a whole; its name helps to say what it lacks."""
    with pytest.raises(SourceRefused) as refused:
        read("Id,FirstName,Colour", "1,Ada,red", name="Contact.csv")

    assert "nearest are Contact, " in str(refused.value)
    assert str(refused.value).endswith("Contact would need email")


def test_the_tables_of_one_archive_are_each_read_as_what_they_are(tmp_path: Path) -> None:
    """Data Export sends a .zip; each entry's own header decides."""
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("Contact.csv", f"{CONTACT}\n{ADA},false,,L,,,{MADE},,\n")
        archive.writestr("OpportunityHistory.csv", f"{HISTORY}\n{ROW},{DEAL},{MADE},New,1,false\n")

    found = events(list(salesforce.read(RawFile(path, path.name, "crm-1"), FEED)))

    assert [event.kind for event in found] == ["contact_created", "deal_stage_changed"]
