"""Zendesk Support as CSV to what its API would have answered: tickets, comments, users, statuses.

Source: Zendesk's own CSV export of tickets (columns such as `Requester id`, `Ticket type`), and
the tables that Fivetran copies into a warehouse: ticket, ticket_comment, ticket_field_history and
user; ticket_chat and ticket_chat_event, which zendesk_ticket_chats reads. Fivetran writes UTC
without saying so, and marks its tables by a column of its own. Its tables of how the desk is set
up, in which no customer does anything, are left out by name.
"""

import re
from collections.abc import Iterator

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing.chat import zendesk_ticket_chats
from pipeline.landing.chat.fivetran import SYNCED, named_by
from pipeline.landing.chat.zendesk_ticket_chats import ChatRow
from pipeline.landing.containers.csv_records import csv_rows
from pipeline.landing.json_fields import Fields, filled, said
from pipeline.landing.record import Raw, RawFile

# What a table is, by columns that it has and no other of these.
TABLES = {
    "history": {"field_name", "ticket_id", "updated", "value"},
    "comment": {"ticket_id", "user_id", "body", "created"},
    "ticket": {"id", "requester_id", "created_at", "status"},
    "user": {"id", "role", "email", "created_at"},
}
# Tables of Fivetran's about the desk: which, by columns that it has and no other.
OF_THE_DESK = {
    "audit_log": {"action", "actor_id", "source_type"},
    "brand": {"brand_url", "subdomain"},
    "daylight_time": {"daylight_start_utc", "daylight_end_utc"},
    "domain_name": {"organization_id", "domain_name"},
    "organization": {"shared_tickets", "shared_comments"},
    "organization_tag": {"organization_id", "tag"},
    "schedule": {"start_time", "end_time", "time_zone"},
    "schedule_holiday": {"schedule_id", "start_date", "end_date"},
    "sla_policy_metric_history": {"sla_policy_id", "metric", "target"},
    "ticket_form_history": {"display_name", "end_user_visible"},
    "ticket_schedule": {"ticket_id", "schedule_id"},
    "ticket_sla_policy": {"ticket_id", "sla_policy_id"},
    "ticket_tag": {"ticket_id", "tag"},
    "time_zone": {"time_zone", "standard_offset"},
    "user_tag": {"user_id", "tag"},
}
# All that it has: other tables have its columns, too.
GROUP = {"id", "name", "url", "created_at", "updated_at", "_fivetran_deleted", SYNCED}
# Columns of times; what customers write may hold times, too.
STAMPED = re.compile(r"created|updated|\w+_at")
ZONELESS = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")


def table_records(file: RawFile, delimiter: str) -> Iterator[Raw]:
    """The rows of a CSV file; `value` is the object of Zendesk's API, or a ChatRow.

    Raises:
        SourceRefused: The columns are of no table known here, or as for `csv_rows`.
    """
    for raw in csv_rows(file, delimiter):
        if raw.problem is not None:
            yield raw
            continue
        cells = {
            re.sub(r"\W+", "_", name.strip().lower()): cell.strip()
            for name, cell in raw.value.items()
        }
        try:
            yield raw._replace(value=_answer(cells, file.name))
        except BadRecord as bad:
            yield raw._replace(problem=str(bad))


def _answer(cells: dict[str, str], name: str) -> Fields | ChatRow:
    """A row as the API's object, or as one of a chat.

    Raises:
        BadRecord: A flag that is none.
        SourceRefused: A row of no known table.
    """
    what = named_by(cells.keys(), TABLES)
    if what is None and (of_chats := zendesk_ticket_chats.table_of(cells)):
        return ChatRow(of_chats, cells)
    if what is None and (left_out := _of_the_desk(cells)):
        return {"table": left_out}
    if what is None:
        raise SourceRefused(
            f"{name}: no Zendesk table known here has the columns {', '.join(cells)[:200]}; "
            "there are ticket, ticket_comment, ticket_field_history, user, ticket_chat and "
            "ticket_chat_event"
        )
    if SYNCED in cells:
        cells = {
            column: ZONELESS.sub(r"\1T\2Z", cell) if STAMPED.fullmatch(column) else cell
            for column, cell in cells.items()
        }
    if what == "ticket":
        return _ticket(cells)
    if what == "user":
        return filled({**cells, "shared_phone_number": _flag(cells, "shared_phone_number")})
    if what == "comment":
        return {
            **filled(cells),
            "author_id": cells["user_id"],
            "created_at": cells["created"],
            "public": _flag(cells, "public") is not False,
        }
    change = {"type": "Change", "field_name": cells["field_name"], "value": cells["value"]}
    return {
        "id": f"{cells['field_name']}/{cells['updated']}",
        "ticket_id": cells["ticket_id"],
        # The table leaves out who did it where it was a rule.
        "author_id": cells.get("user_id") or "-1",
        "created_at": cells["updated"],
        "events": [change],
    }


def _of_the_desk(cells: dict[str, str]) -> str | None:
    """The table of how the desk is set up that a row is of."""
    if SYNCED not in cells:
        return None
    if cells.keys() == GROUP:
        return "group"
    return named_by(cells.keys(), OF_THE_DESK)


def _ticket(cells: dict[str, str]) -> Fields:
    """A ticket's row."""
    sender = cells.get("via_source_from_address")
    score = cells.get("satisfaction_score", "").lower()
    person = {
        "id": cells["requester_id"],
        "email": cells.get("requester_email"),
        "external_id": cells.get("requester_external_id"),
    }
    tags = re.findall(r"[\w-]+", cells.get("tags", ""))
    return filled(
        {
            "id": cells["id"],
            "requester_id": cells["requester_id"],
            "submitter_id": cells.get("submitter_id"),
            "requester": filled(person),
            "status": cells["status"].lower(),
            "type": (cells.get("type") or cells.get("ticket_type") or "").lower(),
            "priority": cells.get("priority"),
            "description": cells.get("description") or cells.get("subject"),
            "tags": tags,
            "via": {
                "channel": cells.get("via_channel") or cells.get("via"),
                "source": {"from": {"address": sender}},
            },
            "satisfaction_rating": {"score": score} if score in {"good", "bad"} else None,
            "created_at": cells["created_at"],
            "updated_at": cells.get("updated_at"),
        }
    )


def _flag(cells: dict[str, str], column: str) -> bool | None:
    """A cell that says yes or no; None for an empty or absent one.

    Raises:
        BadRecord: Something else.
    """
    cell = cells.get(column, "").lower()
    if cell in {"", "true", "false"}:
        return {"true": True, "false": False}.get(cell)
    raise BadRecord(f"{column} is neither true nor false: {said(cell)}")
