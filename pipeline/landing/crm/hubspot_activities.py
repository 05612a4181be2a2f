"""HubSpot engagements (calls, mails, meetings, notes, tasks), forms and marketing mail events."""

from pipeline.errors import BadRecord
from pipeline.landing.crm.hubspot_deals import associated
from pipeline.landing.crm.rows import (
    Reading,
    Row,
    cell,
    event,
    is_deleted,
    is_to_come,
    is_true,
    named,
    needed_instant,
    opaque,
    subject,
)
from pipeline.landing.record import Event, Ignored

ID = ("engagementid", "id", "recordid")
TEXT = (
    "hsnotebody",
    "hscallbody",
    "hsemailtext",
    "hscommunicationbody",
    "hsmeetingbody",
    "hstaskbody",
    "hsbodypreview",
    "body",
)
HELD = ("hstimestamp", "starttime", "hsmeetingstarttime", "timestamp", "activitydate")
WRITTEN = ("hscreatedate", "createdat", "createdate")
# Older tables do not say what they hold, but one column does.
KINDS = {
    "starttime": "meeting",
    "tasktype": "task",
    "hstasktype": "task",
    "hsnotebody": "note",
    "hsemailsubject": "email",
    "hscallbody": "call",
}
# kind, who acted, which way
ENGAGEMENTS = {
    "call": ("call_logged", "agent", "outbound"),
    "email": ("email_logged", "agent", "outbound"),
    "incomingemail": ("email_logged", "customer", "inbound"),
    "forwardedemail": ("email_logged", "agent", "internal"),
    "note": ("note_added", "agent", "internal"),
    "task": ("task_added", "agent", "internal"),
    "communication": ("message_logged", "agent", "outbound"),
    "sms": ("message_logged", "agent", "outbound"),
    "whatsapp": ("message_logged", "agent", "outbound"),
    "linkedinmessage": ("message_logged", "agent", "outbound"),
}
MEETINGS = {
    "scheduled": "meeting_booked",
    "rescheduled": "meeting_moved",
    "noshow": "meeting_missed",
    "canceled": "meeting_cancelled",
    "cancelled": "meeting_cancelled",
}
# HubSpot's words for what became of a mail, as anymail (BSD-3) sorts them. A mail is PROCESSED
# before it is SENT; only the second is counted as sent.
MAIL = {
    "PROCESSED": "email_queued",
    "SENT": "email_sent",
    "DELIVERED": "email_delivered",
    "OPEN": "email_opened",
    "CLICK": "email_clicked",
    "BOUNCE": "email_bounced",
    "DEFERRED": "email_deferred",
    "DROPPED": "email_rejected",
    "SUPPRESSED": "email_rejected",
    "SPAMREPORT": "email_complained",
    "UNSUBSCRIBED": "email_unsubscribed",
    "STATUSCHANGE": "email_subscription_changed",
    "FORWARD": "email_forwarded",
    "PRINT": "email_printed",
}
BY_CUSTOMER = {"OPEN", "CLICK", "SPAMREPORT", "UNSUBSCRIBED", "STATUSCHANGE", "FORWARD", "PRINT"}


def engagement(row: Row) -> Reading:
    """That staff met, called, wrote to or noted something about somebody."""
    if is_deleted(row):
        return [Ignored(row.number, "deleted")]
    given = cell(row, "type", "engagementtype", "activitytype")
    word = _word(given or next((KINDS[mark] for mark in KINDS if mark in row.cells), "engagement"))
    if not any(column in row.cells for column in (*HELD, *WRITTEN)):
        # Fivetran's `engagement` lists ids; engagement_call and its like hold the rest.
        return [Ignored(row.number, "details of another table")]
    own_id = opaque(row, *ID)
    times: tuple[str, ...] = HELD + WRITTEN
    outcome = ""
    if word == "meeting":
        outcome = _word(cell(row, "meetingoutcome", "hsmeetingoutcome") or "")
        kind, actor, direction = MEETINGS.get(outcome, "meeting_held"), "agent", "outbound"
        if kind == "meeting_booked":
            times = WRITTEN + HELD
    else:
        kind, actor, direction = ENGAGEMENTS.get(word, (f"{word}_logged", "agent", "internal"))
        if word == "task":
            # A task's own time is the day it is due.
            times = WRITTEN + HELD
    way = _word(cell(row, "hscalldirection", "hsemaildirection") or "")
    if way.startswith(("in", "incoming")):
        actor, direction = "customer", "inbound"
    elif way and not way.startswith(("out", "email", "forwarded")):
        raise BadRecord(f"unknown direction: {way[:40]!r}")
    if is_to_come(row, *times):
        return [Ignored(row.number, "still to come")]
    when = needed_instant(row, *times)
    own = subject(row, "hubspot_engagement", own_id)
    found: list[Event | Ignored] = [
        event(
            row,
            kind,
            given or word,
            when,
            named(row, [own], {}),
            own_id=f"engagement/{own_id}",
            actor=actor,
            direction=direction,
            object_kind="engagement",
            object_id=own_id,
            text=cell(row, *TEXT),
            # Companies add outcomes of their own.
            properties={"outcome": outcome} if outcome and outcome not in MEETINGS else {},
        )
    ]
    found.extend(associated(row, "hubspot_engagement", own_id, when))
    return found


def _word(text: str) -> str:
    """A word of HubSpot's in small letters without its underscores."""
    return "".join(sign for sign in text.lower() if sign.isalnum())


def form_submission(row: Row) -> Reading:
    """That a contact sent a form."""
    contact, form = opaque(row, "contactid"), opaque(row, "formid")
    when = needed_instant(row, "timestamp")
    return [
        event(
            row,
            "form_submitted",
            "form_submission",
            when,
            named(row, [subject(row, "hubspot_contact", contact)], {}),
            own_id=f"form/{form}/{contact}/{cell(row, 'conversionid') or when.us}",
            channel="web",
            label=cell(row, "title") or form,
            actor="customer",
            direction="inbound",
            object_kind="form",
            object_id=form,
            link=cell(row, "pageurl"),
        )
    ]


def email_event(row: Row) -> Reading:
    """What became of a marketing mail, or what its recipient did with it."""
    word = (cell(row, "type") or "").upper()
    if word not in MAIL:
        raise BadRecord(f"unknown kind of mail event: {word[:40]!r}")
    if cell(row, "obsoletedbyid"):
        return [Ignored(row.number, "obsolete: another event took its place")]
    by_customer = word in BY_CUSTOMER
    who = named(row, [], {"email": ("recipient",)}, "actor" if by_customer else "recipient")
    if not who.identifiers:
        raise BadRecord("the recipient is no e-mail address")
    own_id = opaque(row, "id")
    return [
        event(
            row,
            MAIL[word],
            word,
            needed_instant(row, "created"),
            who,
            own_id=f"email_event/{own_id}",
            channel="email",
            label=cell(row, "campaignname", "emailcampaignname", "emailcampaignid"),
            actor="customer" if by_customer else "system",
            direction="inbound" if by_customer else "outbound",
            machine_reason="filtered by HubSpot" if is_true(row, "filteredevent") else None,
            object_kind="email",
            object_id=cell(row, "sentbyid"),
            link=cell(row, "url"),
        )
    ]
