import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceRefused
from pipeline.landing.chat.zendesk_support import read
from pipeline.landing.record import RawFile
from tests.landing.chat_samples import (
    ZENDESK_AUDIT,
    ZENDESK_COMMENT,
    ZENDESK_FIRST_AUDIT,
    ZENDESK_TICKET,
    ZENDESK_USER,
)
from tests.landing.feeds import at, events, feed, ignored, outcomes_of, people, refused

SOURCE = feed("zendesk_support", domains=("larkspur.example",))
ADA = {"actor zendesk_ticket": "35436", "actor zendesk_user": "20978392"}


def found_in(folder: Path, *documents: Any, source: Any = SOURCE) -> Any:
    """What the reader makes of a file with these documents, one a line."""
    return outcomes_of(read, "\n".join(map(json.dumps, documents)), folder, source)


def test_a_ticket_without_audits_gives_its_opening_its_end_and_its_rating(tmp_path: Path) -> None:
    """Its row is a current state; nothing between is known."""
    found = events(found_in(tmp_path, {"tickets": [ZENDESK_TICKET], "next_page": None}))

    assert [(e.kind, e.actor, e.label, at(e)) for e in found] == [
        ("ticket_opened", "customer", "problem", "2026-01-05 09:00:00"),
        ("ticket_closed", "agent", "problem", "2026-01-06 10:00:00"),
        ("ticket_rated", "customer", "problem", "2026-01-06 10:00:00"),
    ]
    assert people(found[0]) == {
        **ADA,
        "actor email": "ada@example.org",
        "mentioned zendesk_user": "901",
    }
    assert found[0].text == "No internet since the storm"
    assert (found[2].score, found[2].text) == (1.0, "Too slow")


def test_the_course_of_a_ticket_comes_from_its_audits(tmp_path: Path) -> None:
    """The first audit opens it with its first comment; later ones speak and change the status."""
    found = events(found_in(tmp_path, ZENDESK_FIRST_AUDIT, ZENDESK_AUDIT))

    assert [(e.kind, e.actor, e.direction, e.label) for e in found] == [
        ("ticket_opened", "customer", "inbound", "problem"),
        ("ticket_commented", "agent", "outbound", None),
        ("ticket_status_changed", "agent", "outbound", "solved"),
        ("ticket_closed", "agent", "outbound", None),
    ]
    assert people(found[1]) == {
        "recipient zendesk_ticket": "35436",
        "recipient zendesk_user": "20978392",
        "agent zendesk_user": "801",
    }


def test_tickets_and_audits_name_their_common_events_alike(tmp_path: Path) -> None:
    """Landed from both, an opening and a closing are one event each, the audit's received first."""
    row = events(found_in(tmp_path, ZENDESK_TICKET))
    audits = events(found_in(tmp_path, ZENDESK_FIRST_AUDIT, ZENDESK_AUDIT))

    shared = {e.own_id for e in row} & {e.own_id for e in audits}
    assert shared == {"ticket/35436/opened", "ticket/35436/closed"}
    closed = [e.received_us for e in (*audits, *row) if e.kind == "ticket_closed"]
    assert closed == sorted(closed, key=lambda us: us or 0)


@pytest.mark.parametrize(
    ("change", "kind", "actor", "direction"),
    [
        ({}, "ticket_commented", "customer", "inbound"),
        ({"author_id": 801}, "ticket_commented", "agent", "outbound"),
        ({"author_id": 801, "public": False}, "ticket_noted", "agent", "internal"),
        ({"author_id": -1}, "ticket_commented", "system", "internal"),
    ],
)
def test_a_comment_is_by_whom_the_file_shows(
    tmp_path: Path, change: dict[str, Any], kind: str, actor: str, direction: str
) -> None:
    """The requester is in the ticket; who else writes to it is staff."""
    comment = {**ZENDESK_COMMENT, **change}

    found = events(found_in(tmp_path, ZENDESK_TICKET, comment))[-1]

    assert (found.kind, found.actor, found.direction) == (kind, actor, direction)


def test_somebody_copied_is_not_the_ticket_s_customer(tmp_path: Path) -> None:
    """An end user who is not the requester acts, and the requester is only mentioned."""
    copied = {**ZENDESK_USER, "id": 77, "email": "bob@example.org", "external_id": None}
    comment = {**ZENDESK_COMMENT, "author_id": 77}

    found = events(found_in(tmp_path, ZENDESK_TICKET, copied, comment))[-1]

    assert people(found) == {
        "actor zendesk_user": "77",
        "mentioned zendesk_ticket": "35436",
        "mentioned zendesk_user": "20978392",
    }


def test_a_comment_by_nobody_known_is_refused_with_what_to_do(tmp_path: Path) -> None:
    """Without ticket, users or configured staff nothing tells a customer from an agent."""
    found = found_in(tmp_path, ZENDESK_COMMENT)

    assert refused(found)[0][1].startswith("whether user 20978392 is staff or a customer")


def test_configured_agents_decide_where_the_file_does_not(tmp_path: Path) -> None:
    """With staff listed, anybody else is a customer."""
    source = feed("zendesk_support", agents=("801",))
    agents = {**ZENDESK_COMMENT, "author_id": 801, "id": 32}

    found = events(found_in(tmp_path, ZENDESK_COMMENT, agents, source=source))

    assert [e.actor for e in found] == ["customer", "agent"]


def test_a_ticket_closed_by_a_merge_was_not_resolved(tmp_path: Path) -> None:
    """Zendesk closes the merged ticket with a tag, and writes a comment into both."""
    merged = {**ZENDESK_TICKET, "tags": ["closed_by_merge"], "satisfaction_rating": None}
    audit = {
        **ZENDESK_AUDIT,
        "via": {"channel": "web", "source": {"rel": "merge"}},
    }

    found = events(found_in(tmp_path, merged, audit))

    assert [e.kind for e in found] == [
        "ticket_opened",
        "ticket_merged",
        "ticket_commented",
        "ticket_status_changed",
        "ticket_merged",
    ]
    assert found[2].machine_reason == "merge"


def test_a_user_carries_all_handles_on_one_event(tmp_path: Path) -> None:
    """The stitcher joins tickets and addresses by it; staff are left out."""
    agent = {**ZENDESK_USER, "id": 801, "role": "agent"}

    found = found_in(tmp_path, {"users": [ZENDESK_USER, agent]})

    (created,) = events(found)
    assert created.kind == "contact_created"
    assert people(created) == {
        "subject zendesk_user": "20978392",
        "subject email": "ada@example.org",
        "subject phone": "+442071838750",
        "subject user_id": "LB1000042",
    }
    assert ignored(found) == [(2, "staff")]


def test_a_shared_telephone_names_nobody(tmp_path: Path) -> None:
    """Zendesk says which numbers several users have."""
    (created,) = events(found_in(tmp_path, {**ZENDESK_USER, "shared_phone_number": True}))

    assert "subject phone" not in people(created)


def test_an_export_with_comments_inside_its_tickets_is_read_whole(tmp_path: Path) -> None:
    """The first comment is the description and is not landed twice."""
    first = {**ZENDESK_COMMENT, "id": 30, "created_at": ZENDESK_TICKET["created_at"]}
    ticket = {**ZENDESK_TICKET, "comments": [first, ZENDESK_COMMENT]}

    found = found_in(tmp_path, ticket)

    assert [e.kind for e in events(found) if e.record_number > 1] == ["ticket_commented"]
    assert ignored(found) == [(2, "first comment, which is the ticket's description")]


def test_a_list_of_comments_with_users_beside_it_loses_neither(tmp_path: Path) -> None:
    """Zendesk sideloads the authors after the comments."""
    answer = {"comments": [ZENDESK_COMMENT], "users": [ZENDESK_USER], "count": 1}

    found = events(found_in(tmp_path, answer))

    assert [(e.kind, e.actor) for e in found] == [
        ("ticket_commented", "customer"),
        ("contact_created", "system"),
    ]


def test_a_ticket_that_staff_opened_for_a_customer_is_no_sign_of_life(tmp_path: Path) -> None:
    """The customer is its subject."""
    found = events(found_in(tmp_path, {**ZENDESK_TICKET, "submitter_id": 801}))[0]

    assert (found.actor, found.direction) == ("agent", "internal")
    assert people(found)["subject zendesk_user"] == "20978392"


REFUSED = {
    "no id": ({**ZENDESK_TICKET, "id": None}, "a ticket without id"),
    "a rounded id": ({**ZENDESK_TICKET, "id": "5.7E+17"}, "id is no usable id: '5.7E+17'"),
    "no time": ({**ZENDESK_TICKET, "created_at": None}, "not an ISO 8601 time: 'None'"),
    "another rating": (
        {**ZENDESK_TICKET, "satisfaction_rating": {"score": "meh"}},
        "unknown rating: 'meh'",
    ),
    "a list for a text": (
        {**ZENDESK_TICKET, "description": ["x"]},
        "description is no text: \"['x']\"",
    ),
    "something else": (
        {"organization": 1},
        "neither ticket, audit, comment nor user: it has organization",
    ),
}


@pytest.mark.parametrize(("bad", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_read_is_refused_and_its_neighbour_saved(
    tmp_path: Path, bad: Any, reason: str
) -> None:
    """The record goes to quarantine with the reason."""
    found = found_in(tmp_path, bad, {**ZENDESK_TICKET, "id": 2})

    assert refused(found) == [(1, reason)]
    assert {e.object_id for e in events(found)} == {"2"}


def test_an_audit_of_nothing_that_concerns_the_customer_is_ignored(tmp_path: Path) -> None:
    """An assignment is the company's own affair."""
    change = {"id": 9, "type": "Change", "field_name": "assignee_id", "value": "801"}

    found = found_in(tmp_path, {**ZENDESK_AUDIT, "events": [change]})

    assert ignored(found) == [(1, "no status, comment or rating")]


CSV = {
    "Zendesk's own": (
        """\
Id,Requester id,Requester email,Status,Ticket type,Satisfaction Score,Tags,Created at,Updated at
7,42,Ada@Example.org,Solved,Problem,Bad,closed_by_merge,2026-01-05T09:00:00Z,2026-01-05T10:00:00Z
""",
        ["ticket_opened", "ticket_merged", "ticket_rated"],
    ),
    "a warehouse's tickets": (
        """\
id,_fivetran_synced,requester_id,status,created_at,updated_at,via_channel
7,2026-01-06 00:00:00.000,42,open,2026-01-05 09:00:00,2026-01-05 10:00:00,web
""",
        ["ticket_opened"],
    ),
    "a warehouse's history": (
        """\
field_name,ticket_id,updated,_fivetran_synced,user_id,value
status,7,2026-01-05 09:00:00,2026-01-06 00:00:00.000,,solved
""",
        ["ticket_status_changed", "ticket_closed"],
    ),
    "a warehouse's users": (
        """\
id,_fivetran_synced,role,email,created_at,phone
42,2026-01-06 00:00:00.000,end-user,ada@example.org,2026-01-05 09:00:00,
""",
        ["contact_created"],
    ),
}


@pytest.mark.parametrize(("content", "kinds"), CSV.values(), ids=CSV.keys())
def test_csv_is_read_as_the_api_s_objects(tmp_path: Path, content: str, kinds: list[str]) -> None:
    """Fivetran's stamps are UTC without saying so."""
    found = events(outcomes_of(read, content, tmp_path, SOURCE, name="zendesk.csv"))

    assert [e.kind for e in found] == kinds
    assert at(found[0]) == "2026-01-05 09:00:00"


def test_times_in_what_somebody_wrote_stay_as_written(tmp_path: Path) -> None:
    """Only the columns of times are put into UTC."""
    content = """\
id,_fivetran_synced,requester_id,status,created_at,updated_at,description
7,2026-01-06 00:00:00.000,42,open,2026-01-05 09:00:00,2026-01-05 10:00:00,Out since 2026-01-04 18:30
"""

    (opened,) = events(outcomes_of(read, content, tmp_path, SOURCE, name="zendesk.csv"))

    assert (at(opened), opened.text) == ("2026-01-05 09:00:00", "Out since 2026-01-04 18:30")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("tag,ticket_id,_fivetran_synced\nvip,7,2026-01-05 10:00:00\n", "ticket_tag"),
        (
            "id,_fivetran_deleted,_fivetran_synced,created_at,name,updated_at,url\n3,,,,,,\n",
            "group",
        ),
    ],
)
def test_a_table_of_how_the_desk_is_set_up_is_left_out_by_name(
    tmp_path: Path, content: str, name: str
) -> None:
    """A warehouse's folder holds many; each row is counted, and none is about a customer."""
    found = outcomes_of(read, content, tmp_path, SOURCE, name="table.csv")

    assert ignored(found) == [(1, f"table {name}, of how the desk is set up")]


def test_a_table_that_is_not_known_stops_the_file(tmp_path: Path) -> None:
    """With the tables there are."""
    with pytest.raises(SourceRefused, match="there are ticket, ticket_comment"):
        outcomes_of(read, "brand,url\nA,b\n", tmp_path, SOURCE, name="brand.csv")


CHAT = {
    "chat_id": "4323.95.Ty1",
    "_fivetran_synced": "2026-01-06 00:00:00.000",
    "channel": "native_messaging",
    "ticket_id": "35436",
    "user_id": "20978392",
    "visitor_id": "21432-1JDm",
}
SAID = {
    "chat_id": "4323.95.Ty1",
    "created_at": "2026-01-05 09:00:00.123",
    "_fivetran_synced": "2026-01-06 00:00:00.000",
    "actor_id": "20978392",
    "chat_index": "1",
    "filename": "",
    "message": "No internet",
    "original_message": "",
    "type": "ChatMessage",
}


def chats(folder: Path, *rows: dict[str, str], source: Any = SOURCE) -> Any:
    """What the reader makes of tables of chats in one .zip, each row a table."""
    path = folder / "chats.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, row in enumerate(rows):
            held = io.StringIO()
            writer = csv.writer(held, lineterminator="\n")
            writer.writerows([row.keys(), row.values()])
            archive.writestr(f"{number}.csv", held.getvalue())
    return list(read(RawFile(path, path.name, "source-1"), source))


def test_a_chat_of_a_warehouse_is_its_user_s_and_its_ticket_s(tmp_path: Path) -> None:
    """Its row has no time of its own: it links, as of when it was copied."""
    (linked,) = events(chats(tmp_path, CHAT))

    assert (linked.kind, linked.channel) == ("association_recorded", "chat")
    assert at(linked) == "2026-01-06 00:00:00"
    assert people(linked) == {
        "subject zendesk_chat": "4323.95.Ty1",
        "subject zendesk_ticket": "35436",
        "subject zendesk_user": "20978392",
        "subject zendesk_visitor": "21432-1JDm",
    }


@pytest.mark.parametrize(
    ("change", "actor", "handle"),
    [
        ({}, "customer", {"actor zendesk_user": "20978392"}),
        ({"actor_id": "77"}, "agent", {"agent zendesk_user": "77"}),
        ({"actor_id": "agent:801"}, "agent", {"agent zendesk_user": "801"}),
        ({"actor_id": "__trigger"}, "bot", {}),
        ({"actor_id": "__system"}, "system", {}),
        (
            {"actor_id": "77", "original_message": '{"author": {"type": "USER"}}'},
            "customer",
            {"actor zendesk_user": "77"},
        ),
        (
            {"actor_id": "agent:", "original_message": '{"source": {"type": "zd:answerBot"}}'},
            "bot",
            {},
        ),
    ],
)
def test_who_speaks_in_a_chat_of_a_warehouse(
    tmp_path: Path, change: dict[str, str], actor: str, handle: dict[str, str]
) -> None:
    """By the actor's own id, the original message, or whose chat it is."""
    said = events(chats(tmp_path, CHAT, SAID | change))[1]

    assert (said.kind, said.actor, said.text) == ("chat_message_sent", actor, "No internet")
    assert (said.direction, said.channel, said.source_sequence) == (
        {"customer": "inbound", "system": "internal"}.get(actor, "outbound"),
        "chat",
        1,
    )
    assert people(said).items() >= handle.items()
    is_other = said.actor == "customer" and change
    roles = {each.role for each in said.identifiers if each.namespace == "zendesk_chat"}
    assert (roles == {"mentioned"}) == bool(is_other)


CHAT_REFUSED = {
    "somebody unknown": (SAID, "whether user 20978392 is staff or a customer is not in this file"),
    "nobody": (SAID | {"actor_id": ""}, "nobody known said it: actor_id ''"),
    "a new type": (SAID | {"type": "ChatDance"}, "unknown type of chat event: 'ChatDance'"),
    "a broken time": (SAID | {"created_at": "yesterday"}, "not an ISO 8601 time: 'yesterday'"),
    "a rounded actor": (SAID | {"actor_id": "4.03E+11"}, "actor_id is no usable id: '4.03E+11'"),
    "a broken message": (
        SAID | {"original_message": "{"},
        "original_message is not valid JSON",
    ),
    "no place": (SAID | {"chat_index": "first"}, "chat_index is no whole number: 'first'"),
    "a rounded ticket": (CHAT | {"ticket_id": "3.5E+12"}, "ticket_id is no usable id: '3.5E+12'"),
    "no time": (CHAT | {"_fivetran_synced": ""}, "a chat without _fivetran_synced"),
}


@pytest.mark.parametrize(("bad", "reason"), CHAT_REFUSED.values(), ids=CHAT_REFUSED.keys())
def test_a_chat_s_row_that_cannot_be_read_is_refused(
    tmp_path: Path, bad: dict[str, str], reason: str
) -> None:
    """With the reason, and alone."""
    found = chats(tmp_path, bad, SAID | {"actor_id": "agent:801"})

    ((number, why),) = refused(found)
    assert number == 1
    assert reason in why
    assert [event.record_number for event in events(found)] == [2]


def test_what_is_no_message_in_a_chat_is_a_file_or_left_out(tmp_path: Path) -> None:
    """An agent who joins says nothing."""
    sent = SAID | {"type": "ChatFileAttachment", "filename": "router.png", "message": ""}

    found = chats(tmp_path, CHAT, sent, SAID | {"type": "ChatJoin"})

    assert [event.kind for event in events(found)][1:] == ["chat_file_sent"]
    assert ignored(found) == [(3, "member_joined")]


def test_staff_s_own_chat_is_left_out(tmp_path: Path) -> None:
    """Who tries the messenger out is no customer."""
    source = feed("zendesk_support", agents=("20978392",))

    assert ignored(chats(tmp_path, CHAT, source=source)) == [(1, "staff")]
