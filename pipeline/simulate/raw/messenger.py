"""The support chat: Intercom conversations, one file a week, on a clock that runs fast.

`{"type": "conversation.list", "conversations": [...]}`; a conversation: type, id, created_at,
updated_at, waiting_since, snoozed_until, open, state, priority, source {type, id, delivered_as,
subject, body, author {type, id, name, email}, url}, contacts {type, contacts [{type, id,
external_id}]}, teammates, conversation_rating or null, tags, statistics, conversation_parts
{type, conversation_parts [{type, id, part_type, body, created_at, updated_at, author,
attachments, external_id, redacted}], total_count}. Times are Unix seconds, `skew_seconds` ahead.
"""

from typing import Any

import orjson
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way, words
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "messenger"
CHAT = way.NUMBER["Support chat"]


def _rows(company: Company) -> pl.DataFrame:
    """One row per conversation and copy of one."""
    asked = written.met(company, [CHAT])
    person, step = asked["person_id"].to_numpy(), asked["step"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, SOURCE), person, step)
    persons = company.persons
    email = persons["email"].gather(person)
    frame = asked.select("person_id", "step", "at", "mood").with_columns(
        id=identifiers.own_ids(SOURCE, person, step, company.seed),
        contact=identifiers.intercom_contacts(person, company.seed),
        user=persons["user_id"].gather(person),
        name=persons["first_name"].gather(person) + " " + persons["last_name"].gather(person),
        email=identifiers.respelled_emails(email, keys, company.plan),
        draw=pl.Series(chance.picks(keys, "words", 1 << 20)),
        is_rated=pl.Series(chance.shares(keys, "rated") < 0.4),
        has_note=pl.Series(chance.shares(keys, "note") < 0.2),
        stars=written.scores(asked["mood"].to_numpy(), keys, {-1: (1, 2), 0: (3, 3), 1: (4, 5)}),
        clock=asked["at"] // stamps.SECOND + company.plan.skew_seconds,
        file_day=pl.Series(stamps.week_starts(asked["at"].to_numpy()), dtype=pl.Int32),
    )
    heavier = dirt.heavier(company.plan)
    return written.weekly(dirt.with_copies(frame, keys, heavier, (dirt.IMPOSSIBLE,)))


def _part(row: dict[str, Any], number: int, after: int, kind: str, body: str | None) -> Any:
    """One part of a conversation, an agent's unless it is the customer's comment."""
    agent = words.AGENTS[row["draw"] % len(words.AGENTS)]
    staff = {
        "type": "admin",
        "id": f"80{row['draw'] % len(words.AGENTS)}",
        "name": agent,
        "email": f"{agent.lower()}@larkspur.example",
    }
    return {
        "type": "conversation_part",
        "id": f"{row['id']}{number}",
        "part_type": kind,
        "body": body and f"<p>{body}</p>",
        "created_at": row["clock"] + after,
        "updated_at": row["clock"] + after,
        "author": staff,
        "attachments": [],
        "external_id": None,
        "redacted": False,
    }


def _parts(row: dict[str, Any]) -> list[Any]:
    """What followed the first message."""
    draw = row["draw"]
    author = {"type": "user", "id": row["contact"], "name": row["name"], "email": row["email"]}
    answer = words.AGENT_REPLIES[draw % len(words.AGENT_REPLIES)]
    reply = words.said(words.SUPPORT_REPLIES, row["mood"], draw)
    parts = [
        _part(row, 1, 20, "comment", answer),
        _part(row, 2, 35, "comment", reply) | {"author": author},
    ]
    if row["has_note"]:
        parts.append(_part(row, 3, 40, "note", "Looked at the line, all green."))
    return [*parts, _part(row, 4, 50, "close", None)]


def _rating(row: dict[str, Any]) -> Any:
    """The customer's stars, if any were given."""
    if not row["is_rated"]:
        return None
    return {
        "rating": row["stars"],
        "remark": words.said(words.SURVEY_COMMENTS, row["mood"], row["draw"]),
        "created_at": row["clock"] + 55,
        "contact": {"type": "contact", "id": row["contact"]},
        "teammate": {"type": "admin", "id": f"80{row['draw'] % len(words.AGENTS)}"},
    }


def _conversation(row: dict[str, Any]) -> dict[str, Any]:
    """One conversation, whole; a bad copy has an unreadable time."""
    author = {"type": "user", "id": row["contact"], "name": row["name"], "email": row["email"]}
    question = words.said(words.SUPPORT_QUESTIONS, row["mood"], row["draw"])
    contact = {"type": "contact", "id": row["contact"], "external_id": row["user"]}
    parts = _parts(row)
    return {
        "type": "conversation",
        "id": row["id"],
        "created_at": "yesterday" if row["copy"] == dirt.IMPOSSIBLE else row["clock"],
        "updated_at": row["clock"] + 55,
        "waiting_since": None,
        "snoozed_until": None,
        "open": False,
        "state": "closed",
        "priority": "not_priority",
        "source": {
            "type": "conversation",
            "id": row["id"] + "0",
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": f"<p>{question}</p>",
            "author": author,
            "url": "https://my.larkspur.example/portal",
        },
        "contacts": {"type": "contact.list", "contacts": [contact]},
        "teammates": {"type": "admin.list", "admins": []},
        "conversation_rating": _rating(row),
        "tags": {"type": "tag.list", "tags": []},
        "statistics": {"type": "conversation_statistics", "count_reopens": 0},
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": len(parts),
        },
    }


def write(company: Company) -> Written:
    """Write all weeks of the messenger."""
    rows = _rows(company)
    files: list[tuple[str, str, int, int]] = []
    bad: list[tuple[str, str, int, str, str]] = []
    for (day,), part in rows.group_by("file_day", maintain_order=True):
        file = f"raw/{SOURCE}/{stamps.day_of(int(day))}.json"
        texts = []
        for number, row in enumerate(part.iter_rows(named=True), start=1):
            texts.append(orjson.dumps(_conversation(row)).decode())
            if reason := dirt.BAD_REASONS.get(row["copy"]):
                bad.append((SOURCE, file, number, reason, texts[-1]))
        body = '{"type":"conversation.list","conversations":[\n' + ",\n".join(texts) + "\n]}\n"
        written.write_text(company.out / file, body)
        files.append((SOURCE, file, int(day) + 6, len(texts)))
    found = rows.select(
        "person_id",
        intercom_contact="contact",
        user_id="user",
        email=company.persons["email"].gather(rows["person_id"]),
    )
    counts = [*dirt.counted(SOURCE, rows["copy"]), (SOURCE, "skewed", rows.height)]
    frame = pl.DataFrame(bad, schema=written.BAD_RECORDS, orient="row")
    return written.account(files, [frame], counts, written.evidence(found))
