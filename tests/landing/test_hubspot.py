"""HubSpot tables, Fivetran's and HubSpot's own, to events."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceRefused
from pipeline.landing.clocks import EPOCH, MICROSECOND, Clock
from pipeline.landing.crm import hubspot
from pipeline.landing.crm.rows import recognise
from pipeline.landing.record import Event, Feed, Ignored, Outcome, RawFile, Refused
from pipeline.settings import Company, Source

# 1995 and the end of January 2026.
CLOCK = Clock(None, 788_918_400_000_000, 1_769_817_600_000_000)
FEED = Feed(
    "crm",
    Source(format="hubspot", path="*.csv"),
    Company(name="Larkspur", currency="GBP", email_domains=("larkspur.example",)),
    CLOCK,
)
LONDON = replace(FEED, clock=replace(CLOCK, zone=ZoneInfo("Europe/London")))

CONTACT = "id,_fivetran_deleted,_fivetran_synced,property_email,property_phone,property_createdate"
DEAL_STAGE = "deal_id,date_entered,value,_fivetran_synced"
UPDATED = "updated_at,_fivetran_synced"
STAGE_LABEL = f"stage_id,label,pipeline_id,{UPDATED}"
HISTORY = "contact_id,timestamp,_fivetran_synced,source,name,value,source_id"
SYNCED = "2026-01-09 04:00:00"

Read = Callable[..., list[Outcome]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a table given as its header and rows."""

    def read(*lines: str, name: str = "table.csv", feed: Feed = FEED) -> list[Outcome]:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return list(hubspot.read(RawFile(path, name, "crm-1"), feed))

    return read


def only(found: list[Outcome]) -> Event:
    """The one event that was read."""
    (event,) = found
    assert isinstance(event, Event)
    return event


def handles(event: Event) -> list[str]:
    """The event's identifiers as namespace:value."""
    return [f"{identifier.namespace}:{identifier.value}" for identifier in event.identifiers]


def at(event: Event) -> str:
    """The event's instant."""
    return f"{EPOCH + event.occurred.us * MICROSECOND:%Y-%m-%d %H:%M:%S}"


def test_a_contact_is_its_handles_in_normal_form(read: Read) -> None:
    """A Fivetran contact is one contact_created with id, address and number; its stamps are UTC."""
    event = only(
        read(CONTACT, f"501,FALSE,{SYNCED}, Ada@Example.ORG ,07700 900123,2026-01-05 09:20:00.5")
    )

    assert (event.kind, at(event)) == ("contact_created", "2026-01-05 09:20:00")
    assert handles(event) == ["hubspot_contact:501", "email:ada@example.org", "phone:+447700900123"]
    assert {identifier.role for identifier in event.identifiers} == {"subject"}
    assert (event.actor, event.direction, event.channel) == ("system", "internal", "crm")


def test_hubspots_own_export_reads_as_the_same_contact(read: Read) -> None:
    """The export's headings, in the source's zone, give what Fivetran's table gives in UTC."""
    own = read(
        "Record ID,Email,Phone Number,Create Date,Lifecycle Stage",
        "501,ada@example.org,07700 900123,2026-01-05 09:20,customer",
        feed=LONDON,
    )
    table = read(CONTACT, f"501,,{SYNCED},ada@example.org,07700 900123,2026-01-05 09:20:00")

    assert handles(only(own)) == handles(only(table))
    assert at(only(own)) == at(only(table))


def test_a_changed_address_is_not_taken_for_a_repeat(read: Read) -> None:
    """A contact has no id of its own as an event: what it says decides."""
    assert only(read(CONTACT, f"501,,{SYNCED},ada@example.org,,2026-01-05 09:20:00")).own_id is None


def test_an_address_that_is_none_leaves_the_contact(read: Read) -> None:
    """A hashed address names nobody; the contact lands and says which column was unreadable."""
    event = only(read(CONTACT, f"501,,{SYNCED},fcb67ef339b69,,2026-01-05 09:20:00"))

    assert handles(event) == ["hubspot_contact:501"]
    assert event.properties == {"unreadable": ["email"]}


def test_a_colleague_is_no_customer(read: Read) -> None:
    """An address at the company's own domain has the role of an agent."""
    event = only(read(CONTACT, f"501,,{SYNCED},robin@larkspur.example,,2026-01-05 09:20:00"))

    assert [identifier.role for identifier in event.identifiers] == ["subject", "agent"]


def test_further_addresses_and_customer_numbers_are_handles(read: Read) -> None:
    """Additional addresses stand parted by semicolons; a customer number is a user_id."""
    event = only(
        read(
            "vid,email,hs_additional_emails,customer_id,createdate",
            "501,ada@example.org,ada@home.example;lovelace@example.org,LB1,1767604800000",
        )
    )

    assert handles(event)[1:] == [
        "email:ada@example.org",
        "email:ada@home.example",
        "email:lovelace@example.org",
        "user_id:LB1",
    ]
    assert at(event) == "2026-01-05 09:20:00"


@pytest.mark.parametrize(
    ("lines", "kept", "gone", "when"),
    [
        (
            (
                "canonical_vid,contact_id,vid_to_merge,_fivetran_synced,timestamp,user_id",
                f"501,501,502,{SYNCED},2026-01-06 10:00:00,77",
            ),
            "501",
            ["502"],
            "2026-01-06 10:00:00",
        ),
        (
            (
                CONTACT + ",property_hs_merged_object_ids",
                f"501,,{SYNCED},,,2026-01-05 09:20:00,502;503",
            ),
            "501",
            ["502", "503"],
            SYNCED,
        ),
        (
            (
                "Record ID,Email,Create Date,hs_calculated_merged_vids",
                "501,,2026-01-05 09:20,502:1767693600000",
            ),
            "501",
            ["502"],
            "2026-01-06 10:00:00",
        ),
        (
            (HISTORY, f"501,2026-01-06 10:00:00,{SYNCED},MERGE,hs_merged_object_ids,502,"),
            "501",
            ["502"],
            "2026-01-06 10:00:00",
        ),
    ],
    ids=["audit", "merged ids", "merged with times", "history"],
)
def test_merges_declare_one_person(
    read: Read, lines: tuple[str, ...], kept: str, gone: list[str], when: str
) -> None:
    """Each way HubSpot tells of a merge is one identity_merged for each contact merged away."""
    merges = [
        event
        for event in read(*lines, feed=LONDON)
        if isinstance(event, Event) and event.kind == "identity_merged"
    ]

    assert [handles(event) for event in merges] == [
        [f"hubspot_contact:{kept}", f"hubspot_contact:{other}"] for other in gone
    ]
    assert all(event.is_merge for event in merges)
    assert {at(event) for event in merges} == {when}
    assert len({event.own_id for event in merges}) == len(gone)


def test_a_merge_with_itself_is_no_merge(read: Read) -> None:
    """A contact merged into itself is ignored by rule."""
    found = read(
        "canonical_vid,contact_id,vid_to_merge,_fivetran_synced,timestamp",
        f"501,501,501,{SYNCED},2026-01-06 10:00:00",
    )

    assert found == [Ignored(1, "merged with itself")]


def test_a_life_cycle_stage_is_one_event_however_it_is_told(read: Read) -> None:
    """Property history and the export's column of the same beginning have the same own id."""
    history = read(HISTORY, f"501,2026-01-06 10:00:00,{SYNCED},CRM,lifecyclestage,customer,")
    export = read(
        "Record ID,Email,Create Date,Became a Customer Date",
        "501,,2026-01-05 09:20,2026-01-06 10:00:00",
        feed=LONDON,
    )

    told = [event for event in (*history, *export) if isinstance(event, Event) and event.label]
    assert [(event.kind, event.label, at(event)) for event in told] == [
        ("lifecycle_stage_changed", "customer", "2026-01-06 10:00:00")
    ] * 2
    assert told[0].own_id == told[1].own_id


def test_the_history_of_an_address_links_it(read: Read) -> None:
    """A former address is linked to its contact; histories of other properties are ignored."""
    found = read(
        HISTORY,
        f"501,2026-01-06 10:00:00,{SYNCED},CRM,email,ada@old.example,",
        f"501,2026-01-06 10:00:00,{SYNCED},CRM,jobtitle,Countess,",
    )

    assert handles(only(found[:1])) == ["hubspot_contact:501", "email:ada@old.example"]
    assert found[1:] == [Ignored(2, "other property")]


def test_a_stage_is_landed_under_its_own_label_or_its_id(read: Read, tmp_path: Path) -> None:
    """A row says what its stage is called or which it is; a table beside it changes nothing."""
    (tmp_path / "deal_pipeline_stage_data.csv").write_text(
        f"{STAGE_LABEL}\n4711,Install booked,1,,{SYNCED}\n", encoding="utf-8"
    )

    found = [
        *read(DEAL_STAGE, f"86,2026-01-06 7:30:00,4711,{SYNCED}"),
        *read(f"{DEAL_STAGE},label", f"86,2026-01-07 07:30:00,4712,{SYNCED},Install done"),
        *read(
            "ticket_id,timestamp,_fivetran_synced,source,name,value",
            f"9,2026-01-08 07:30:00,{SYNCED},CRM,hs_pipeline_stage,4",
        ),
    ]

    assert [
        (event.kind, event.label, at(event), handles(event))
        for event in found
        if isinstance(event, Event)
    ] == [
        ("deal_stage_changed", "4711", "2026-01-06 07:30:00", ["hubspot_deal:86"]),
        ("deal_stage_changed", "Install done", "2026-01-07 07:30:00", ["hubspot_deal:86"]),
        ("ticket_stage_changed", "4", "2026-01-08 07:30:00", ["hubspot_ticket:9"]),
    ]


@pytest.mark.parametrize(
    ("columns", "cells", "object_kind", "when"),
    [
        (f"{UPDATED},probability", f"2026-01-02 08:00:00,{SYNCED},1.0", "deal_stage", "2026-01-02"),
        ("_fivetran_synced,ticket_state", f"{SYNCED},", "ticket_stage", "2026-01-09"),
        ("created_at", "2026-01-01T08:00:00Z", "deal_stage", "2026-01-01"),
        ("updated_at", "1970-01-01T00:00:00Z", "deal_stage", "1995-01-01"),
        ("pipeline_id", "1", "deal_stage", "1995-01-01"),
    ],
    ids=["updated", "synced", "created", "born with the account", "no time"],
)
def test_a_named_stage_is_nobodys_event(
    read: Read, columns: str, cells: str, object_kind: str, when: str
) -> None:
    """A stage's label lands of itself, at its last change, else on the day of the founding."""
    event = only(read(f"stage_id,label,{columns}", f"4711,Install booked,{cells}"))

    assert (event.kind, event.actor, event.direction) == ("stage_labelled", "system", "internal")
    assert (event.object_kind, event.object_id, event.label) == (
        object_kind,
        "4711",
        "Install booked",
    )
    assert at(event)[:10] == when
    assert event.identifiers == ()


def test_a_renamed_stage_is_another_event(read: Read) -> None:
    """The same label of the same change is a repeat; a new label or a later change is new."""
    ids = [
        only(read(STAGE_LABEL, row)).own_id
        for row in (
            f"4711,Install booked,1,2026-01-02 08:00:00,{SYNCED}",
            "4711,Install booked,1,2026-01-02 08:00:00,2026-01-10 04:00:00",
            f"4711,Install planned,1,2026-01-02 08:00:00,{SYNCED}",
            f"4711,Install booked,1,2026-01-03 08:00:00,{SYNCED}",
        )
    ]

    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_stage_table_and_property_history_tell_the_same_event(read: Read) -> None:
    """A change of dealstage has one own id in both tables."""
    table = only(read(DEAL_STAGE, f"86,2026-01-06 07:30:00,4711,{SYNCED}"))
    history = only(
        read(
            "deal_id,timestamp,_fivetran_synced,source,name,source_id,value",
            f"86,2026-01-06 07:30:00,{SYNCED},CRM,dealstage,x,4711",
        )
    )

    assert table.own_id == history.own_id


@pytest.mark.parametrize(
    ("header", "row", "linked"),
    [
        ("contact_id,deal_id", "501,86", ["hubspot_deal:86", "hubspot_contact:501"]),
        (
            "contact_id,engagement_id,engagement_type",
            "501,197,CALL",
            ["hubspot_engagement:197", "hubspot_contact:501"],
        ),
        (
            "deal_id,engagement_id,engagement_type",
            "86,197,CALL",
            ["hubspot_engagement:197", "hubspot_deal:86"],
        ),
        ("ticket_id,contact_id", "9,501", ["hubspot_ticket:9", "hubspot_contact:501"]),
        ("deal_id,merged_deal_id", "86,87", ["hubspot_deal:86", "hubspot_deal:87"]),
    ],
)
def test_an_association_links_two_records(
    read: Read, header: str, row: str, linked: list[str]
) -> None:
    """A row of an association table links its two ids as one customer's, without a merge."""
    event = only(read(f"{header},_fivetran_synced", f"{row},{SYNCED}"))

    assert (event.kind, handles(event), event.is_merge) == ("association_recorded", linked, False)
    assert {identifier.role for identifier in event.identifiers} == {"subject"}


def test_an_exported_deal_is_tied_to_each_of_its_contacts(read: Read) -> None:
    """Two associated contacts are two associations, never one event that makes them one person."""
    found = read(
        "Record ID,Deal Name,Deal Stage,Amount,Create Date,Date entered current stage,"
        "Associated Contact IDs",
        "86,Fibre,Closed Won,39.5,2026-01-05 09:20,2026-01-06 10:00,501;502",
        feed=LONDON,
    )

    events = [event for event in found if isinstance(event, Event)]
    assert [(event.kind, handles(event)) for event in events] == [
        ("deal_created", ["hubspot_deal:86"]),
        ("association_recorded", ["hubspot_deal:86", "hubspot_contact:501"]),
        ("association_recorded", ["hubspot_deal:86", "hubspot_contact:502"]),
        ("deal_stage_changed", ["hubspot_deal:86"]),
    ]
    assert (events[-1].label, events[-1].amount_cents, events[-1].currency) == (
        "Closed Won",
        3950,
        "GBP",
    )


def test_a_ticket_is_opened_and_closed(read: Read) -> None:
    """A ticket with a closing date is two events under its category."""
    found = read(
        "id,_fivetran_synced,property_createdate,property_closed_date,property_hs_pipeline_stage,"
        "property_hs_ticket_category",
        f"9,{SYNCED},2026-01-05 09:20:00,2026-01-06 10:00:00,1,Billing",
    )

    assert [(event.kind, event.label) for event in found if isinstance(event, Event)] == [
        ("ticket_opened", "Billing"),
        ("ticket_closed", "Billing"),
    ]


@pytest.mark.parametrize(
    ("header", "row", "kind", "direction"),
    [
        ("type,property_hs_timestamp", "CALL,2026-01-05 09:20:00", "call_logged", "outbound"),
        (
            "type,property_hs_timestamp,property_hs_call_direction",
            "CALL,2026-01-05 09:20:00,INBOUND",
            "call_logged",
            "inbound",
        ),
        (
            "type,property_hs_timestamp",
            "INCOMING_EMAIL,2026-01-05 09:20:00",
            "email_logged",
            "inbound",
        ),
        (
            "property_hs_note_body,property_hs_timestamp",
            "hi,2026-01-05 09:20:00",
            "note_added",
            "internal",
        ),
        ("start_time,meeting_outcome", "2026-01-05 09:20:00,", "meeting_held", "outbound"),
        ("start_time,meeting_outcome", "2026-01-05 09:20:00,NO_SHOW", "meeting_missed", "outbound"),
    ],
)
def test_an_engagement_is_what_staff_did(
    read: Read, header: str, row: str, kind: str, direction: str
) -> None:
    """Calls, mails, notes and meetings have each their kind, with the engagement's id."""
    event = only(read(f"engagement_id,{header},_fivetran_synced", f"197,{row},{SYNCED}"))

    assert (event.kind, event.direction, at(event)) == (kind, direction, "2026-01-05 09:20:00")
    assert handles(event) == ["hubspot_engagement:197"]


@pytest.mark.parametrize(
    ("header", "row", "rule"),
    [
        (CONTACT, f"501,TRUE,{SYNCED},,,2026-01-05 09:20:00", "deleted"),
        ("engagement_id,start_time", "197,2026-03-05 09:20:00+00:00", "still to come"),
        ("id,type,_fivetran_synced,portal_id", f"197,CALL,{SYNCED},1", "details of another table"),
        ("id,_fivetran_synced,attempt,response", f"a,{SYNCED},1,x", "details of another table"),
        ("stage_id,label,pipeline_id", "4711,,1", "stage without a label"),
        ("pipeline_id,display_order,label", "1,0,Installations", "no customer event"),
        ("owner_id,email,first_name", "1,robin@larkspur.example,Robin", "no customer event"),
    ],
)
def test_rows_without_a_customers_event_are_ignored_by_rule(
    read: Read, header: str, row: str, rule: str
) -> None:
    """What is deleted, planned, staff or a detail is counted under its rule."""
    assert read(header, row) == [Ignored(1, rule)]


def test_a_mail_opened_by_a_machine_says_so(read: Read) -> None:
    """A filtered open is a machine's; the recipient acted, the campaign is the label."""
    event = only(
        read(
            "id,_fivetran_synced,created,email_campaign_id,obsoleted_by_id,type,filtered_event,"
            "recipient",
            f"e1,{SYNCED},2026-01-05 09:20:00,77,,OPEN,true,ada@example.org",
        )
    )

    assert (event.kind, event.label, event.channel) == ("email_opened", "77", "email")
    assert event.machine_reason == "filtered by HubSpot"
    assert [identifier.role for identifier in event.identifiers] == ["actor"]


def test_a_submitted_form_is_a_web_event(read: Read) -> None:
    """A form is sent on the web by the contact, under the form's title."""
    event = only(
        read(
            "timestamp,form_id,contact_id,conversion_id,page_url,title,_fivetran_synced",
            f"2026-01-05 09:20:00,f1,501,c1,https://larkspur.example/demo,Request demo,{SYNCED}",
        )
    )

    assert (event.kind, event.channel, event.label) == ("form_submitted", "web", "Request demo")
    assert handles(event) == ["hubspot_contact:501"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((DEAL_STAGE, f"86,2026-02-31 10:00:00,1,{SYNCED}"), "impossible time"),
        ((DEAL_STAGE, f"86,,1,{SYNCED}"), "no time in dateentered or fivetranstart"),
        ((DEAL_STAGE, f"8.6E+10,2026-01-06 10:00:00,1,{SYNCED}"), "no usable id in dealid"),
        ((HISTORY, "501,2026-01-06 10:00:00"), "2 cells where the header has 7"),
        (
            ("Record ID,Email,Create Date", "501,ada@example.org,2026-01-05 09:20"),
            "time without a zone",
        ),
        (
            ("Record ID,Email,Create Date", "501,ada@example.org,05/01/2026 09:20"),
            "not an ISO 8601 time",
        ),
        (("Record ID,Email,Create Date", "501,ada@example.org,"), "no time: export the column"),
        (
            (
                "id,_fivetran_synced,created,type,recipient",
                f"e1,{SYNCED},2026-01-05 09:20:00,OPEN,o2wjpPyUfzBfq9OSt9I2NQ==",
            ),
            "the recipient is no e-mail address",
        ),
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
        (
            "contact",
            (
                "_fivetran_deleted,_fivetran_synced,property_email,id,property_company,"
                "property_createdate,property_hs_merged_object_ids"
            ),
        ),
        ("contact", "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Create Date"),
        ("contact_property_history", HISTORY),
        (
            "contact_merge_audit",
            "canonical_vid,contact_id,vid_to_merge,_fivetran_synced,entity_id,timestamp,user_id",
        ),
        (
            "deal",
            (
                "deal_id,is_deleted,deal_pipeline_id,deal_pipeline_stage_id,owner_id,portal_id,"
                "property_dealname,property_amount,property_closedate,property_createdate"
            ),
        ),
        ("deal", "Record ID,Deal Name,Deal Stage,Pipeline,Associated Contact IDs,Create Date"),
        (
            "deal_stage",
            (
                "_fivetran_start,deal_id,_fivetran_active,_fivetran_end,_fivetran_synced,"
                "date_entered,source,source_id,value"
            ),
        ),
        ("deal_contact", "contact_id,deal_id,_fivetran_synced,type_id,category"),
        ("company associations", "company_id,deal_id,type_id,category"),
        ("ticket", "Ticket ID,Record ID,Ticket name,Create date,Close date"),
        ("engagement", "id,type,_fivetran_synced,portal_id"),
        (
            "engagement_contact",
            "contact_id,engagement_id,engagement_type,type_id,_fivetran_synced,category",
        ),
        (
            "engagement",
            "engagement_id,_fivetran_deleted,_fivetran_synced,property_hs_timestamp,type",
        ),
        ("email_event", "id,_fivetran_synced,created,type,filtered_event,recipient"),
        ("email_event details", "id,_fivetran_synced,bcc,cc,from,reply_to,subject"),
        ("staff", "id,primary_team_id,role_id,email,first_name,last_name,_fivetran_synced"),
        ("staff", "owner_id,_fivetran_synced,created_at,type,email,first_name,active_user_id"),
        ("company", "Record ID,Company name,Company owner,Create Date"),
        (
            "deal_pipeline_stage",
            (
                "_fivetran_deleted,_fivetran_synced,active,closed_won,display_order,probability,"
                "stage_id,label,pipeline_id,created_at,updated_at"
            ),
        ),
        (
            "ticket_pipeline_stage",
            (
                "stage_id,_fivetran_deleted,_fivetran_synced,active,display_order,is_closed,label,"
                "pipeline_id,ticket_state,created_at,updated_at"
            ),
        ),
        (
            "pipelines",
            "pipeline_id,_fivetran_deleted,_fivetran_synced,active,display_order,label",
        ),
    ],
)
def test_a_header_says_which_table_it_is(table: str, header: str) -> None:
    """The tables of Fivetran and of HubSpot's own export are told apart by their columns."""
    assert recognise("x.csv", header.split(","), "HubSpot", hubspot.TABLES).name == table


def test_an_unknown_header_names_the_nearest_tables(read: Read) -> None:
    """A file of no known table is refused as a whole and told what it would need."""
    with pytest.raises(SourceRefused) as refused:
        read("deal_id,colour", "1,red")

    assert "table.csv: no HubSpot table known here has the columns deal_id, colour" in str(
        refused.value
    )
    assert "nearest are deal, " in str(refused.value)
    assert str(refused.value).endswith("deal would need dealname")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    columns=st.lists(st.from_regex(r"custom_[a-z]{1,8}", fullmatch=True), max_size=5, unique=True),
    place=st.integers(0, 6),
)
def test_columns_of_the_companys_own_change_nothing(
    read: Read, columns: list[str], place: int
) -> None:
    """Any further columns anywhere in the table leave the same events."""
    header = CONTACT.split(",")
    row = f"501,FALSE,{SYNCED},ada@example.org,07700 900123,2026-01-05 09:20:00".split(",")
    expected = read(",".join(header), ",".join(row))

    header[place:place] = columns
    row[place:place] = ["x"] * len(columns)

    assert read(",".join(header), ",".join(row)) == expected


def test_a_source_may_rename_its_namespaces(read: Read) -> None:
    """Two HubSpot accounts keep their contacts apart by a configured namespace."""
    feed = replace(
        FEED,
        source=Source(
            format="hubspot", path="*", namespaces={"hubspot_contact": "hubspot_eu_contact"}
        ),
    )

    event = only(read(CONTACT, f"501,,{SYNCED},,,2026-01-05 09:20:00", feed=feed))

    assert handles(event) == ["hubspot_eu_contact:501"]
