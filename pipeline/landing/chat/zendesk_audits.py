"""Zendesk ticket audits and comments to events: a ticket's course, and what was said on it.

An audit is one update of a ticket and holds several events; those that change the status, say
something to somebody or rate are landed, under the audit's one record.
"""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.errors import BadRecord
from pipeline.landing.chat.parties import acted, agent, inside
from pipeline.landing.chat.parts import Part
from pipeline.landing.chat.zendesk_people import (
    Known,
    author_role,
    created_with,
    handles_of,
    requester_of,
    sender_of,
)
from pipeline.landing.json_fields import (
    Fields,
    filled,
    flag_of,
    id_of,
    needed_id,
    object_of,
    objects_of,
    said,
    text_of,
)
from pipeline.landing.record import Event, Feed, Identifier, Ignored

CLOSED = {"solved", "closed"}
COMMENTS = {"Comment", "VoiceComment"}
NOT_RATED = {None, "offered", "unoffered"}
# On the scale of five that other systems use.
RATINGS = {"good": 5.0, "bad": 1.0}


def audit(event: Event, value: Fields, feed: Feed, known: Known) -> list[Event | Ignored]:
    """What one update of a ticket tells."""
    ticket = needed_id(value, "ticket_id", "an audit")
    audit_id = needed_id(value, "id", "an audit")
    created = created_with(value)
    requester = known.requesters.get(ticket)
    who = handles_of(feed, ticket, requester, None)
    event = replace(
        event,
        identifiers=who.identifiers,
        received_us=event.occurred.us,
        label=str(created["type"]) if created.get("type") else None,
        object_id=ticket,
    )
    author = id_of(value, "author_id") or "-1"
    found: list[Event | Ignored] = []
    if created:
        found.append(_opened(event, value, feed, author, requester))
    for inner in objects_of(value, "events"):
        kind_raw = str(inner.get("type"))
        if kind_raw in COMMENTS and not created:
            found.append(_said(event, {**value, **inner}, feed, known, requester))
        elif kind_raw in {"Change", "Create"} and inner.get("field_name") == "status":
            own = f"ticket/{ticket}/status/{audit_id}"
            step = replace(event, own_id=own, kind_raw=kind_raw)
            found += _moved(step, inner, _mover(author, requester), _is_merge(value))
        elif inner.get("field_name") == "satisfaction_score" or kind_raw == "SatisfactionRating":
            score = text_of(inner, "score") or text_of(inner, "value")
            if score not in NOT_RATED:
                found.append(rated(event, score, text_of(inner, "body")))
    return found or [Ignored(event.record_number, "no status, comment or rating")]


def _is_merge(value: Fields) -> bool:
    """Whether Zendesk made this update while it merged two tickets."""
    return object_of(object_of(value, "via"), "source").get("rel") == "merge"


def _mover(author: str, requester: str | None) -> str:
    """Who changed a ticket: its customer, a rule, or else staff."""
    if author == "-1":
        return "system"
    return "customer" if author == requester else "agent"


def _opened(event: Event, value: Fields, feed: Feed, author: str, requester: str | None) -> Event:
    """That a ticket was opened, with its first comment."""
    words = next(
        (text_of(inner, "body") for inner in objects_of(value, "events") if _is_comment(inner)),
        None,
    )
    event = replace(
        event,
        own_id=f"ticket/{event.object_id}/opened",
        kind="ticket_opened",
        text=words,
        properties=filled({"via": text_of(object_of(value, "via"), "channel")}),
    )
    if requester in {None, author}:
        return acted(event, "customer")
    by = agent(feed, "zendesk_user", author)
    return inside(replace(event, actor="agent", identifiers=event.identifiers + by))


def _is_comment(inner: Fields) -> bool:
    """Whether an audit's event is something said."""
    return str(inner.get("type")) in COMMENTS


def _moved(event: Event, inner: Fields, mover: str, is_merge: bool) -> Iterator[Event]:  # noqa: FBT001
    """That a ticket went from one status to the next, and so perhaps was closed."""
    status, before = text_of(inner, "value"), text_of(inner, "previous_value")
    if status is None:
        raise BadRecord("a change of status to nothing")
    if event.kind_raw == "Change":
        yield replace(
            acted(event, mover),
            kind="ticket_status_changed",
            label=status,
            properties=filled({"previous": before}),
        )
    if status in CLOSED and before not in CLOSED:
        verb = "merged" if is_merge else "closed"
        yield replace(
            acted(event, mover),
            kind=f"ticket_{verb}",
            own_id=f"ticket/{event.object_id}/{verb}",
        )


def comment(event: Event, part: Part, feed: Feed, known: Known) -> list[Event | Ignored]:
    """What was said on a ticket."""
    ticket = id_of(part.value, "ticket_id") or id_of(part.holder, "id")
    opened = known.opened.get(ticket or "")
    if opened is not None and part.value.get("created_at") == opened:
        return [Ignored(event.record_number, "first comment, which is the ticket's description")]
    requester = requester_of(part.holder) or known.requesters.get(ticket or "")
    who = handles_of(feed, ticket, requester, None)
    event = replace(
        event, identifiers=who.identifiers, received_us=event.occurred.us, object_id=ticket
    )
    return [_said(event, part.value, feed, known, requester)]


def _said(event: Event, value: Fields, feed: Feed, known: Known, requester: str | None) -> Event:
    """One comment: the customer's, an agent's, a note among agents, or somebody else's."""
    comment_id = needed_id(value, "id", "a comment")
    author = needed_id(value, "author_id", "a comment")
    # What says nothing is public, as the API has it.
    is_public = value.get("public") is None or flag_of(value, "public")
    sender = sender_of(value)
    role = author_role(known, author, requester=requester, sender=sender, is_public=is_public)
    is_customer = role in {"customer", "other"}
    event = replace(
        event,
        own_id=f"comment/{comment_id}",
        kind="ticket_commented" if is_public else "ticket_noted",
        kind_raw=str(value.get("type") or "Comment"),
        text=text_of(value, "plain_body") or text_of(value, "body"),
        # Zendesk writes into both tickets that it merged them.
        machine_reason="merge" if _is_merge(value) else None,
    )
    if role == "other":
        # Somebody copied is a customer, too, but not this ticket's.
        event = replace(
            event,
            identifiers=tuple(each._replace(role="mentioned") for each in event.identifiers),
        )
    if is_customer:
        own = handles_of(feed, None, author, sender)
        event = replace(event, identifiers=_distinct(event.identifiers + own.identifiers))
        return acted(event, "customer")
    if role == "agent":
        event = replace(event, identifiers=event.identifiers + agent(feed, "zendesk_user", author))
    return acted(event, role) if is_public else inside(acted(event, role))


def _distinct(people: tuple[Identifier, ...]) -> tuple[Identifier, ...]:
    """Each identifier once."""
    return tuple(dict.fromkeys(people))


def rated(event: Event, score: str | None, remark: str | None) -> Event:
    """The customer's rating of a ticket.

    Raises:
        BadRecord: Neither good nor bad.
    """
    if score not in RATINGS:
        raise BadRecord(f"unknown rating: {said(score)}")
    return replace(
        acted(event, "customer"),
        own_id=f"ticket/{event.object_id}/rated",
        kind="ticket_rated",
        kind_raw="satisfaction_rating",
        text=remark,
        score_kind="csat",
        score=RATINGS[score],
    )
