"""The sales chat: Zendesk Chat, `{"chats": [...], "count": N}`, one file a week.

A chat: id, type, timestamp, end_timestamp, session, visitor {id, name, email, phone, notes},
department_id, department_name, started_by, missed, triggered, rating, comment, agent_ids,
agent_names, duration, count, tags, zendesk_ticket_id, webpath, unread, history [{type,
timestamp, name, nick, channel, msg_id, msg, sender_type, rating, new_rating}]. Messages left
outside the hours are of type offline_msg, with `message` and no history. A landed record is the
chat itself or one entry of its history, so they are numbered that way here.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way, words
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "chat"
ASK = way.NUMBER["Ask sales"]


def _rows(company: Company) -> pl.DataFrame:
    """One row per chat and copy of one, with everything a chat says as columns."""
    asked = written.met(company, [ASK])
    person, step = asked["person_id"].to_numpy(), asked["step"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, SOURCE), person, step)
    persons, plan = company.persons, company.plan
    own = identifiers.emails(persons, person, asked["order_number"].to_numpy())
    made_up = asked["form"] == 2
    placeholder = pl.repeat(identifiers.PLACEHOLDER_EMAIL, len(person), eager=True)
    gives_phone = pl.Series(chance.shares(keys, "gives phone") < 0.2)
    phone = identifiers.respelled_phones(persons["phone"].gather(person), keys)
    frame = asked.select("person_id", "step", "at", "mood").with_columns(
        id=identifiers.own_ids(SOURCE, person, step, company.seed),
        visitor=identifiers.visitors(person, company.seed),
        name=persons["first_name"].gather(person) + " " + persons["last_name"].gather(person),
        email=placeholder.zip_with(made_up, identifiers.respelled_emails(own, keys, plan)),
        true_email=placeholder.zip_with(made_up, own),
        phone=phone.zip_with(gives_phone, pl.repeat("", len(person), eager=True)),
        gives_phone=gives_phone,
        ip=identifiers.addresses(person, asked["slot"].to_numpy()),
        draw=pl.Series(chance.picks(keys, "words", 1 << 20)),
        is_missed=pl.Series(chance.shares(keys, "missed") < 0.03),
        is_rated=pl.Series(chance.shares(keys, "rated") < 0.5),
        wrote_before=pl.Series(chance.shares(keys, "offline") < 0.04),
        file_day=pl.Series(stamps.week_starts(asked["at"].to_numpy()), dtype=pl.Int32),
    )
    return written.weekly(dirt.with_copies(frame, keys, dirt.heavier(plan), (dirt.IMPOSSIBLE,)))


def _entry(at: int, kind: str, row: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One entry of a chat's history, the customer's unless `more` says otherwise."""
    begun = {"type": kind, "timestamp": _stamp(at), "name": row["name"], "nick": "visitor"}
    return begun | {"channel": row["id"]} | more


def _stamp(at: int) -> str:
    return f"{stamps.moment(at):%Y-%m-%dT%H:%M:%SZ}"


def _history(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Who came, what they wrote, how it was rated."""
    at, mood, draw = row["at"], row["mood"], row["draw"]
    second = stamps.SECOND
    question = words.said(words.SALES_QUESTIONS, mood, draw)
    agent = words.AGENTS[draw % len(words.AGENTS)]
    staff = {"name": agent, "nick": f"agent:{draw % len(words.AGENTS)}"}
    said = {"msg_id": "1", "msg": question, "sender_type": "Visitor"}
    entries = [
        _entry(at, "chat.memberjoin", row),
        _entry(at + 4 * second, "chat.msg", row, **said),
    ]
    if row["is_missed"]:
        return [*entries, _entry(at + 240 * second, "chat.memberleave", row)]
    answer = words.AGENT_REPLIES[draw % len(words.AGENT_REPLIES)]
    told = {"msg_id": "2", "msg": answer, "sender_type": "Agent"} | staff
    thanks = words.said(words.SALES_REPLIES, mood, draw)
    replied = {"msg_id": "3", "msg": thanks, "sender_type": "Visitor"}
    entries += [
        _entry(at + 20 * second, "chat.memberjoin", row, **staff),
        _entry(at + 45 * second, "chat.msg", row, **told),
        _entry(at + 50 * second, "chat.msg", row, **replied),
    ]
    if row["is_rated"]:
        verdict = {"rating": None, "new_rating": "bad" if mood < 0 else "good"}
        entries.append(_entry(at + 54 * second, "chat.rating", row, **verdict))
    return [*entries, _entry(at + 55 * second, "chat.memberleave", row)]


def _visitor(row: dict[str, Any]) -> dict[str, Any]:
    handles = {"id": row["visitor"], "name": row["name"], "email": row["email"]}
    return handles | {"phone": row["phone"], "notes": ""}


def _chat(row: dict[str, Any]) -> dict[str, Any]:
    """One chat, whole; a bad copy has an unreadable time and nothing inside."""
    is_bad = row["copy"] == dirt.IMPOSSIBLE
    history = [] if is_bad else _history(row)
    agents = sorted({e["nick"][6:] for e in history if e["nick"].startswith("agent:")})
    names = sorted({e["name"] for e in history if e["nick"].startswith("agent:")})
    rated = any(e["type"] == "chat.rating" for e in history)
    sent = [e["nick"] == "visitor" for e in history if e["type"] == "chat.msg"]
    verdict = ("bad" if row["mood"] < 0 else "good") if rated else None
    return {
        "id": row["id"],
        "type": "chat",
        "timestamp": "soon" if is_bad else _stamp(row["at"]),
        "end_timestamp": _stamp(row["at"] + 55 * stamps.SECOND),
        "session": {"id": "s" + row["id"], "ip": row["ip"], "browser": "Chrome"},
        "visitor": _visitor(row),
        "department_id": 7,
        "department_name": "Sales",
        "started_by": "visitor",
        "missed": row["is_missed"],
        "triggered": False,
        "rating": verdict,
        "comment": None,
        "agent_ids": agents,
        "agent_names": names,
        "duration": 55,
        "count": {"total": len(sent), "visitor": sum(sent), "agent": len(sent) - sum(sent)},
        "tags": ["sales"],
        "zendesk_ticket_id": None,
        "webpath": [],
        "unread": False,
        "history": history,
    }


def _offline(row: dict[str, Any]) -> dict[str, Any]:
    """The message the same person left some minutes earlier, when nobody was there."""
    return {
        "id": "o" + row["id"],
        "type": "offline_msg",
        "timestamp": _stamp(row["at"] - 10 * stamps.MINUTE),
        "visitor": _visitor(row),
        "department_id": 7,
        "department_name": "Sales",
        "message": "Nobody there? I will try again.",
        "unread": True,
        "session": {"id": "t" + row["id"], "ip": row["ip"], "browser": "Chrome"},
        "history": [],
    }


def _records(part: pl.DataFrame) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The chats of one file, each with the reason it is bad, if it is."""
    for row in part.iter_rows(named=True):
        if row["wrote_before"] and row["copy"] == dirt.ORIGINAL:
            yield _offline(row), None
        yield _chat(row), dirt.BAD_REASONS.get(row["copy"])


def write(company: Company) -> Written:
    """Write all weeks of the sales chat."""
    rows = _rows(company)
    files: list[tuple[str, str, int, int]] = []
    bad: list[tuple[str, str, int, str, str]] = []
    for (day,), part in rows.group_by("file_day", maintain_order=True):
        file = f"raw/{SOURCE}/{stamps.day_of(int(day))}.json"
        chats, number = [], 0
        for chat, reason in _records(part):
            text = orjson.dumps(chat).decode()
            chats.append(text)
            if reason:
                bad.append((SOURCE, file, number + 1, reason, text))
            number += 1 + len(chat["history"])
        body = '{"chats":[\n' + ",\n".join(chats) + f'\n],"count":{len(chats)}}}\n'
        written.write_text(company.out / file, body)
        files.append((SOURCE, file, int(day) + 6, number))
    made_up = int((rows["true_email"] == identifiers.PLACEHOLDER_EMAIL).sum())
    counts = [*dirt.counted(SOURCE, rows["copy"]), (SOURCE, "made-up e-mail", made_up)]
    frame = pl.DataFrame(bad, schema=written.BAD_RECORDS, orient="row")
    return written.account(files, [frame], counts, _evidence(rows, company))


def _evidence(rows: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Visitor, e-mail as normal form, and the phone where it was given."""
    phone = company.persons["phone"].gather(rows["person_id"].to_numpy().astype(np.int64))
    return written.evidence(
        rows.select(
            "person_id",
            zendesk_visitor="visitor",
            email="true_email",
            phone=pl.when("gives_phone").then(phone),
        )
    )
