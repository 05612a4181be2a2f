import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.chat.intercom import read
from pipeline.landing.record import Event, RawFile
from pipeline.settings import Source
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused
from tests.landing.landings import landed
from tests.landing.test_intercom import conversation, part

SOURCE = feed("intercom")
ROBIN = {"type": "admin", "id": "801"}
ADA = {"type": "user", "id": "5f01"}
SYNCED = {"_fivetran_synced": "2026-01-06 00:00:00.000"}
CONVERSATION = {
    "id": "215",
    "updated_at": "2026-01-05 09:15:00",
    "created_at": "2026-01-05 09:00:00",
    "conversation_rating_created_at": "2026-01-05 09:10:00",
    "conversation_rating_value": "2",
    "conversation_rating_remark": "Slow",
    "source_type": "conversation",
    "source_delivered_as": "customer_initiated",
    "source_author_id": "5f01",
    "source_author_type": "user",
    "source_body": "<p>No internet</p>",
    "source_url": "https://my.larkspur.example/portal?token=t",
    "state": "open",
    **SYNCED,
}
PART = {
    "id": "704",
    "conversation_id": "215",
    "conversation_updated_at": "2026-01-05 09:15:00",
    "created_at": "2026-01-05 09:04:00",
    "part_type": "comment",
    "author_id": "5f01",
    "author_type": "user",
    "body": "<p>The white one</p>",
    **SYNCED,
}
CONTACT = {
    "id": "5f01",
    "role": "user",
    "created_at": "2026-01-05 08:30:00",
    "updated_at": "2026-01-05 10:00:00",
    "external_id": "LB1000042",
    "email": "Ada@Example.org",
    "phone": "+44 20 7183 8750",
    "name": "Ada Lovelace",
    "unsubscribed_from_emails": "FALSE",
    **SYNCED,
}
BELONGS = {
    "contact_id": "5f01",
    "conversation_id": "215",
    "conversation_updated_at": "2026-01-05 09:15:00",
    **SYNCED,
}


def table(*rows: dict[str, str]) -> str:
    """A CSV with these rows, which have the columns of the first."""
    held = io.StringIO()
    writer = csv.DictWriter(held, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue()


def found_in(folder: Path, *rows: dict[str, str], source: Any = SOURCE) -> Any:
    """What the reader makes of a table with these rows."""
    return outcomes_of(read, table(*rows), folder, source, name="table.csv")


def packed(folder: Path, *tables: str) -> list[Event]:
    """The events of tables in one .zip."""
    path = folder / "tables.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, content in enumerate(tables):
            archive.writestr(f"{number}.csv", content)
    return events(list(read(RawFile(path, path.name, "source-1"), SOURCE)))


def part_row(minute: int, kind: str, author: dict[str, str], body: str = "") -> dict[str, str]:
    """The row of what `part` of the API's JSON makes."""
    return PART | {
        "id": f"7{minute:02}",
        "created_at": f"2026-01-05 09:{minute:02}:00",
        "part_type": kind,
        "author_id": author["id"],
        "author_type": author["type"],
        "body": body,
    }


def told(event: Event) -> dict[str, Any]:
    """What an event says by the API and by the tables alike."""
    return {
        name: getattr(event, name)
        for name in (
            *("own_id", "channel", "kind", "kind_raw", "label", "occurred", "actor", "direction"),
            *("object_kind", "object_id", "text", "score_kind", "score", "link", "properties"),
        )
    }


def test_the_tables_tell_the_same_events_as_the_api(tmp_path: Path) -> None:
    """Same ids, kinds, labels, actors, directions and times; and nobody else is named."""
    api = events(outcomes_of(read, json.dumps(conversation()), tmp_path, SOURCE))
    rows = [
        part_row(1, "comment", ROBIN, "<p>Which router?</p>"),
        part_row(2, "assignment", ROBIN),
        part_row(3, "note", ROBIN, "<p>Angry customer</p>"),
        part_row(4, "comment", ADA, "<p>The white one</p>"),
        part_row(5, "close", ROBIN),
    ]

    # The last first: the order of a table's rows says nothing.
    tables = packed(tmp_path, table(*reversed(rows)), table(CONVERSATION))

    own = {event.own_id: event for event in tables}
    assert len(own) == len(tables) == len(api)
    for event in api:
        assert told(own[event.own_id]) == told(event)
        named = {person[:3] for person in own[event.own_id].identifiers}
        known = {person[:3] for person in event.identifiers}
        joins = [person for person in named if person[0] == "intercom_conversation"]
        assert {person[1] for person in joins} == {"215"}
        assert named - set(joins) <= known
        assert named & {each for each in known if each[0] == "intercom_contact"}
    order = sorted(tables, key=lambda event: (event.occurred.us, event.source_sequence))
    same = sorted(api, key=lambda event: (event.occurred.us, event.source_sequence))
    assert [event.own_id for event in order] == [event.own_id for event in same]


def test_an_email_s_parts_are_labelled_as_the_conversation(tmp_path: Path) -> None:
    """The table of parts does not say it, that of conversations in the same .zip does."""
    source = {"type": "email", "author": ADA, "body": "Hi"}
    api = events(
        outcomes_of(
            read,
            json.dumps(conversation(source=source, conversation_parts=[part("comment", 4, ADA)])),
            tmp_path,
            SOURCE,
        )
    )
    mail = CONVERSATION | {"source_type": "email"}

    alone = events(found_in(tmp_path, PART))
    tables = packed(tmp_path, table(mail), table(PART))

    assert {event.label for event in tables} == {event.label for event in api} == {"email"}
    assert [event.label for event in alone] == [None]


def test_a_conversation_starts_once_whatever_the_number_of_versions() -> None:
    """Its rating is one event; a version that says something else is a revision."""
    unrated = CONVERSATION | {
        "conversation_rating_created_at": "",
        "conversation_rating_value": "",
        "conversation_rating_remark": "",
    }
    versions = [
        unrated | {"updated_at": "2026-01-05 09:01:00"},
        unrated | {"updated_at": "2026-01-05 09:05:00", "state": "snoozed"},
        CONVERSATION,
        CONVERSATION | {"updated_at": "2026-01-05 09:20:00", "state": "closed"},
        CONVERSATION
        | {"conversation_rating_value": "4", "conversation_rating_created_at": "2026-01-05 11:00"},
    ]

    found = landed(
        Source(format="intercom", path="*"),
        table(*versions[:2]).encode(),
        table(*reversed(versions)).encode(),
        is_plain=False,
    )

    assert sorted(found.events["kind"]) == ["conversation_rated", "conversation_started"]
    assert found.events.filter(pl.col("score").is_not_null())["score"].to_list() == [2.0]
    assert found.revisions.select("kind", "score").rows() == [("conversation_rated", 4.0)]
    counts = ("record_count", "landed_count", "duplicate_count", "revised_count")
    assert sorted(found.files.select(counts).rows()) == [(2, 1, 1, 0), (5, 1, 4, 1)]


def test_a_rating_without_a_time_is_of_the_first_version_that_has_it() -> None:
    """Later versions of the row are later revisions."""
    bare = CONVERSATION | {"conversation_rating_created_at": ""}
    later = bare | {"updated_at": "2026-03-01 00:00:00"}

    found = landed(Source(format="intercom", path="*"), table(later, bare).encode(), is_plain=False)

    rated = found.events.filter(pl.col("kind") == "conversation_rated")
    assert [f"{moment:%Y-%m-%d}" for moment in rated["occurred_at"]] == ["2026-01-05"]
    assert found.revisions.height == 1


def test_rows_of_files_of_their_own_are_joined_by_the_conversation(tmp_path: Path) -> None:
    """Staff's part names no contact: it is the conversation's, which a contact opened."""
    (answer,) = events(found_in(tmp_path, part_row(1, "comment", ROBIN, "Which router?")))
    started = events(found_in(tmp_path, CONVERSATION))[0]
    (belongs,) = events(found_in(tmp_path, BELONGS))

    assert people(answer) == {
        "recipient intercom_conversation": "215",
        "agent intercom_admin": "801",
    }
    assert people(started) == {
        "actor intercom_contact": "5f01",
        "actor intercom_conversation": "215",
    }
    assert (belongs.kind, belongs.actor) == ("association_recorded", "system")
    assert people(belongs) == {
        "subject intercom_contact": "5f01",
        "subject intercom_conversation": "215",
    }


def test_only_one_of_several_contacts_is_the_conversation_s(tmp_path: Path) -> None:
    """Who opened it; a shared conversation never makes two people one."""
    bob = part_row(6, "comment", {"type": "lead", "id": "5f02"}, "Me too")
    two = [BELONGS, BELONGS | {"contact_id": "5f02"}]

    opened = packed(tmp_path, table(CONVERSATION), table(PART, bob), table(*two))
    unopened = packed(tmp_path, table(PART, bob), table(*two))

    for found, own in ((opened, {"5f01"}), (unopened, set())):
        joined = {
            person.value
            for event in found
            for person in event.identifiers
            if person.namespace == "intercom_contact"
            and any(
                each.namespace == "intercom_conversation" and each.role == person.role
                for each in event.identifiers
            )
        }
        assert joined == own


def test_what_the_company_began_is_its_contact_s(tmp_path: Path) -> None:
    """The only one of the table of contacts, or else the only one who writes."""
    push = CONVERSATION | {
        "source_author_id": "801",
        "source_author_type": "admin",
        "conversation_rating_value": "",
        "conversation_rating_remark": "",
    }

    for other in (BELONGS, PART):
        started = packed(tmp_path, table(push), table(other))[0]

        assert (started.actor, started.direction) == ("agent", "outbound")
        assert people(started) == {
            "recipient intercom_contact": "5f01",
            "recipient intercom_conversation": "215",
            "agent intercom_admin": "801",
        }


def test_a_contact_is_created_with_its_handles(tmp_path: Path) -> None:
    """As it is by now, said at its last change; what Fivetran hashed is no address."""
    hashed = CONTACT | {"id": "5f02", "role": "lead", "email": "XgyqsB0TWiMCtrwGLrqt0g=="}

    ada, lead = events(found_in(tmp_path, CONTACT, hashed))

    assert (ada.kind, ada.actor, at(ada)) == ("contact_created", "system", "2026-01-05 08:30:00")
    assert people(ada) == {
        "subject intercom_contact": "5f01",
        "subject user_id": "LB1000042",
        "subject email": "ada@example.org",
        "subject phone": "+442071838750",
    }
    assert [fact.value for fact in ada.attributes] == ["Ada Lovelace"]
    assert ada.received_us == ada.attributes[0].stated_us == ada.occurred.us + 5_400_000_000
    assert lead.properties == {"role": "lead", "unreadable": ["email"]}
    assert "subject email" not in people(lead)


def test_bodies_that_fivetran_hashed_are_data_like_any_other(tmp_path: Path) -> None:
    """They stay what they are."""
    (said,) = events(found_in(tmp_path, PART | {"body": "0kDc36cAPudSN4iygXsITQ=="}))

    assert said.text == "0kDc36cAPudSN4iygXsITQ=="


def test_snowflake_writes_the_names_of_columns_in_capitals(tmp_path: Path) -> None:
    """The rows are the same."""
    for row in (CONVERSATION, PART, CONTACT, BELONGS):
        loud = {name.upper(): cell for name, cell in row.items()}

        assert found_in(tmp_path, loud) == found_in(tmp_path, row)


def test_stamps_are_utc_only_by_fivetran_s_mark(tmp_path: Path) -> None:
    """A copy without it needs the source's zone."""
    bare = {name: cell for name, cell in PART.items() if name not in SYNCED}

    marked = events(found_in(tmp_path, PART, source=feed("intercom", zone="Europe/Berlin")))
    zoned = events(found_in(tmp_path, bare, source=feed("intercom", zone="Europe/Berlin")))

    assert [at(event) for event in (*marked, *zoned)] == [
        "2026-01-05 09:04:00",
        "2026-01-05 08:04:00",
    ]
    assert refused(found_in(tmp_path, bare)) == [
        (1, "time without a zone: set time_zone for this source")
    ]


BAD = {
    "an unknown author": (PART | {"author_type": "ghost"}, "unknown type of author: 'ghost'"),
    "an unknown opener": (
        CONVERSATION | {"source_author_type": ""},
        "unknown type of author: ''",
    ),
    "an unknown role": (CONTACT | {"role": "robot"}, "unknown role: 'robot'"),
    "a broken time": (PART | {"created_at": "2026-13-05 09:04:00"}, "impossible time"),
    "no time": (PART | {"created_at": ""}, "a conversation part without created_at"),
    "a time to come": (
        CONVERSATION | {"created_at": "2099-01-01 00:00:00"},
        "time in the future: 2099-01-01 00:00",
    ),
    "a rounded conversation": (
        PART | {"conversation_id": "5.70306E+17"},
        "conversation_id is no usable id: '5.70306E+17'",
    ),
    "a rounded part": (PART | {"id": "1.2E+10"}, "id is no usable id: '1.2E+10'"),
    "a rounded author": (PART | {"author_id": "5.7E+17"}, "author_id is no usable id: '5.7E+17'"),
    "a rounded contact": (
        CONTACT | {"external_id": "5.70306E+17"},
        "no usable user_id: '5.70306E+17'",
    ),
    "no conversation": (BELONGS | {"conversation_id": ""}, "without conversation_id"),
    "a rating of six": (
        CONVERSATION | {"conversation_rating_value": "6"},
        "not a rating from 1 to 5: '6'",
    ),
    "a remark without a rating": (
        CONVERSATION | {"conversation_rating_value": ""},
        "not a rating from 1 to 5: ''",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_read_is_refused_alone(
    tmp_path: Path, bad: dict[str, str], reason: str
) -> None:
    """The row goes to quarantine with the reason; the one beside it is landed."""
    good = next(row for row in (CONVERSATION, PART, CONTACT, BELONGS) if row.keys() == bad.keys())

    found = found_in(tmp_path, bad, good)

    ((number, why),) = refused(found)
    assert number == 1
    assert reason in why
    assert {event.record_number for event in events(found)} == {2}


def test_whole_numbers_may_have_gone_through_a_float(tmp_path: Path) -> None:
    """Ids and ratings with `.0` are whole, so long as a float holds them exactly."""
    (said,) = events(found_in(tmp_path, PART | {"conversation_id": "17850.0"}))
    rated = events(found_in(tmp_path, CONVERSATION | {"conversation_rating_value": "5.0"}))[1]

    assert (said.object_id, rated.score) == ("17850", 5.0)
    lost = PART | {"conversation_id": "57030612345678901234.0"}
    assert "no usable id" in refused(found_in(tmp_path, lost))[0][1]


def test_a_part_of_a_new_kind_with_a_text_is_a_message(tmp_path: Path) -> None:
    """And what the inbox did without a word is left out by rule."""
    found = found_in(tmp_path, part_row(1, "dance", ADA, "la"), part_row(2, "snooze", ROBIN))

    assert [(e.kind, e.kind_raw) for e in events(found)] == [("conversation_message_sent", "dance")]
    assert ignored(found) == [(2, "part without a message")]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("id,_fivetran_deleted,_fivetran_synced,name", "tag or team"),
        ("id,_fivetran_deleted,_fivetran_synced,job_title,email,name", "admin"),
        ("admin_id,team_id,_fivetran_deleted,_fivetran_synced", "team_admin"),
        ("contact_id,contact_updated_at,tag_id,_fivetran_synced", "contact_tag_history"),
        ("ID,HELP_CENTER_ID,PARENT_ID,NAME,_FIVETRAN_SYNCED", "collection_history"),
    ],
)
def test_a_table_in_which_no_customer_speaks_is_left_out_by_name(
    tmp_path: Path, header: str, name: str
) -> None:
    """A warehouse's folder holds many; each row is counted."""
    row = ",".join("1" for _ in header.split(","))

    found = outcomes_of(read, f"{header}\n{row}\n{row}\n", tmp_path, SOURCE, name="table.csv")

    rule = f"table {name}, in which no customer speaks"
    assert ignored(found) == [(1, rule), (2, rule)]


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("id,updated_at,_fivetran_synced", "there are conversation_history, .* format generic"),
        ("tag_id,contact_id", "no Intercom table known here has the columns tag_id, contact_id"),
        ("id,ID,role,created_at,unsubscribed_from_emails", "the header names id twice"),
    ],
)
def test_a_table_that_is_not_known_stops_the_file(tmp_path: Path, header: str, reason: str) -> None:
    """With the tables there are, and what to do with others."""
    row = ",".join("1" for _ in header.split(","))

    with pytest.raises(SourceRefused, match=reason):
        outcomes_of(read, f"\ufeff{header}\n{row}\n", tmp_path, SOURCE, name="report.csv")
