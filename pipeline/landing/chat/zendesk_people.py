"""Who is who in a Zendesk Support file: requesters, end users, agents."""

from collections.abc import Iterable
from typing import NamedTuple

from pipeline.errors import BadRecord
from pipeline.landing.chat.parties import Handles, Staff, customer, is_staff
from pipeline.landing.chat.parts import Part, look
from pipeline.landing.json_fields import Fields, id_of, object_of, objects_of, text_of
from pipeline.landing.record import Feed, Raw

# The author of what triggers and automations do.
SYSTEM = "-1"


class Known(NamedTuple):
    """What a first look at a file tells of its people.

    Attributes:
        roles: User id -> end-user, agent or admin.
        requesters: Ticket id -> the user who asked.
        opened: Ticket id -> its creation, as written.
        chats: Chat id -> the user whose it is.
    """

    staff: Staff
    roles: dict[str, str]
    requesters: dict[str, str]
    opened: dict[str, str]
    chats: dict[str, str]


def known_of(records: Iterable[Raw], staff: Staff) -> Known:
    """What the tickets, users and first audits among `records` tell; damaged ones tell nothing."""
    known = Known(staff, {}, {}, {}, {})
    look(records, lambda part: _learn(part, known))
    return known


def _learn(part: Part, known: Known) -> None:
    """Note what one record tells."""
    value = part.value
    if part.what == "user":
        user, role = id_of(value, "id"), text_of(value, "role")
        if user and role:
            known.roles[user] = role
    elif part.what == "ticket":
        ticket, requester = id_of(value, "id"), requester_of(value)
        if ticket and requester:
            known.requesters[ticket] = requester
        if ticket and (opened := text_of(value, "created_at")):
            known.opened[ticket] = opened
    elif part.what == "audit":
        ticket, requester = id_of(value, "ticket_id"), created_with(value).get("requester_id")
        if ticket and requester is not None:
            known.requesters.setdefault(ticket, str(requester))
    elif part.what == "chat" and value.table == "ticket_chat":
        chat, user = id_of(value.cells, "chat_id"), id_of(value.cells, "user_id")
        if chat and user:
            known.chats.setdefault(chat, user)


def requester_of(ticket: Fields) -> str | None:
    """Who asked: Zendesk's own export has the whole person, its API the id."""
    return id_of(ticket, "requester_id") or id_of(object_of(ticket, "requester"), "id")


def created_with(audit: Fields) -> Fields:
    """The fields that a ticket's first audit set, by name; empty for any later audit."""
    return {
        str(event.get("field_name")): event.get("value")
        for event in objects_of(audit, "events")
        if event.get("type") == "Create"
    }


def sender_of(value: Fields) -> str | None:
    """The address from which a ticket or comment was mailed."""
    via = object_of(value, "via")
    if via.get("channel") != "email":
        return None
    return text_of(object_of(object_of(via, "source"), "from"), "address")


def handles_of(feed: Feed, ticket: str | None, user: str | None, email: str | None) -> Handles:
    """A ticket's customer, as the one who acts."""
    return customer(feed, (("zendesk_ticket", ticket), ("zendesk_user", user), ("email", email)))


def author_role(
    known: Known, author: str, *, requester: str | None, sender: str | None, is_public: bool
) -> str:
    """Who wrote: customer, agent, system, or another end user than the requester: other.

    Raises:
        BadRecord: Nothing in the file and nothing in wend.toml tells.
    """
    role = known.roles.get(author)
    if author == SYSTEM:
        return "system"
    if is_staff(known.staff, author, sender) or role in {"agent", "admin"}:
        return "agent"
    if author == requester:
        return "customer"
    if role == "end-user" or (sender and requester):
        return "other" if requester else "customer"
    # Only staff write notes; and who is neither requester nor known to write by mail is staff.
    if requester or not is_public:
        return "agent"
    if sender or known.staff.names:
        return "customer"
    raise BadRecord(
        f"whether user {author} is staff or a customer is not in this file: put tickets and users "
        "into one .zip with it, or list staff ids as agents of this source"
    )
