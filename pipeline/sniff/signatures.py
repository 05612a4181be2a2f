"""By what a vendor's format is known: the fields its records have, or how its lines look.

A signature only names a candidate. It is proposed when its reader then reads the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.errors import BadRecord, SourceRefused
from pipeline.landing.chat import fivetran, intercom_tables
from pipeline.landing.crm import dynamics, hubspot, pipedrive, salesforce
from pipeline.landing.crm.rows import Table, canonical, recognise
from pipeline.landing.crm.salesforce_ids import record_id
from pipeline.landing.email import mailchimp
from pipeline.sniff.sample import Sample

# Format -> the fields of its records, each set enough; `a.b` is the b within a.
FIELDS = (
    ("whatsapp_cloud", "object, entry"),
    ("sendgrid", "sg_event_id, event"),
    ("sendgrid", "sg_message_id, event, email"),
    ("mailgun", "signature, event-data"),
    ("mailgun", "event, recipient, log-level"),
    ("postmark", "RecordType, MessageID"),
    ("amazon_ses", "notificationType, mail"),
    ("amazon_ses", "eventType, mail"),
    ("amazon_ses", "Type, MessageId, TopicArn, Message"),
    ("amazon_ses", "detail.mail, detail-type"),
    ("sparkpost", "msys"),
    ("sparkpost", "rcpt_to, event_id, type"),
    ("mandrill", "msg, event, ts"),
    ("resend", "type, created_at, data.email_id"),
    ("resend", "type, created_at, data.audience_id"),
    ("mailjet", "event, time, email, MessageID"),
    ("brevo", "event, email, message-id, ts_event"),
    ("brevo", "event, email, camp_id"),
    ("brevo", "event, email, message-id, ts_epoch"),
    ("iterable", "eventName, dataFields"),
    ("iterable", "createdAt, campaignId, messageId, email"),
    ("iterable", "createdAt, email, proxySource"),
    ("klaviyo", "type, attributes.event_properties"),
    ("klaviyo", "event_properties, event_name"),
    ("klaviyo", "type, datetime, person_id, uuid"),
    ("ga4", "event_name, event_timestamp, event_params"),
    ("matomo", "idVisit, visitorId, actionDetails"),
    ("amplitude", "event_type, event_time, amplitude_id"),
    ("amplitude", "event_type, server_upload_time"),
    ("amplitude", "project_name, totals_delta, waitroom_approved"),
    ("mixpanel", "event, properties.time, properties.distinct_id"),
    ("posthog", "uuid, event, distinct_id, properties, timestamp"),
    ("snowplow", "event_id, collector_tstamp, domain_userid"),
    ("segment", "type, messageId, anonymousId"),
    ("segment", "type, messageId, userId"),
    ("zendesk_chat", "type, visitor, history"),
    ("zendesk_chat", "type, visitor, session, webpath"),
    ("zendesk_support", "ticket_id, events, author_id"),
    ("zendesk_support", "requester_id, submitter_id, via"),
    ("zendesk_support", "requester_id, status, via_channel"),
    ("zendesk_support", "field_name, ticket_id, updated, value"),
    ("zendesk_support", "comments, users"),
    ("zendesk_support", "Requester id, Requester email, Ticket type"),
    ("zendesk_support", "ticket_events"),
    ("zendesk_support", "chat_id, visitor_id, ticket_id, user_id"),
    ("zendesk_support", "chat_id, actor_id, chat_index, created_at"),
    ("intercom", "conversation_parts, source"),
    ("livechat", "threads, users"),
    ("livechat", "thread, users"),
    ("olark", "kind, items, visitor"),
    ("twilio", "sid, account_sid, date_created, direction"),
    ("twilio", "sid, conversation_sid, date_created"),
    ("slack", "client_msg_id, ts, text"),
    ("slack", "type, user, ts, text"),
    ("json_log", "host, path, status, referrer, user_agent"),
    ("json_log", "remote_addr, request, status"),
    ("json_log", "remote_addr, request_uri, status"),
    ("json_log", "request.remote_ip, status, ts"),
    ("json_log", "ClientHost, RequestPath, DownstreamStatus"),
    ("dynamics", "@odata.context, value"),
    ("dynamics", "@odata.etag, createdon"),
    ("pipedrive", "add_time, email, phone, active_flag"),
    ("pipedrive", "add_time, emails, phones"),
    ("pipedrive", "add_time, stage_id, person_id"),
    ("delighted", "person, survey_type, score"),
    ("delighted", "Survey Type, Score, Created At"),
    ("tweets", "id_str, created_at, user"),
    ("tweets", "tweet_id, author_id, inbound, created_at"),
    ("reviews", "stars, consumer, createdAt"),
    ("reviews", "reviewId, starRating, createTime"),
    ("reviews", "Package Name, Star Rating"),
    ("reviews", "Review Stars, Review Created (UTC)"),
    ("reviews", "Date, Stars, Review"),
    ("rocketchat", "_id, rid, msg, ts"),
    ("mattermost", "channel_id, create_at, message, user_id"),
    ("mattermost", "type, post.message"),
    ("mattermost", "type, direct_post.message"),
    ("telegram", "from_id, date, text, date_unixtime"),
    ("qualtrics", "ResponseId, RecordedDate"),
    ("qualtrics", "response_id, recorded_date, finished"),
    ("surveymonkey", "Respondent ID"),
    ("surveymonkey", "response_status, pages, date_created"),
    ("satismeter", "Rating, Feedback, Category"),
    ("satismeter", "rating, category, feedback, created"),
    ("front_line_notes", "Touchpoint, Note"),
)
# Format -> how one of a text's first lines begins or looks.
LINES = (
    ("w3c_log", r"#(?:Version|Fields|Software): "),
    ("s3_log", r"[0-9a-f]{8,64} \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:"),
    ("elb_log", r"(?:(?:https?|h2|grpcs?|wss?) )?\d{4}-\d\d-\d\dT[\d:.]+Z \S+ [\d.]+:\d+ "),
    ("haproxy_log", r".*haproxy\[\d+\]: "),
    ("access_log", r"(?:\S+ )?\S+ \S+ \S+ \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "),
    ("mail", r"From \S+ .*\d{4}|(?:Received|Return-Path|Delivered-To|Message-ID|From|Date): "),
    ("snowplow", r"(?:[^\t]*\t){120,}"),
    ("mandrill", r"mandrill_events="),
    ("transcript", r"\[\d\d:\d\d(?::\d\d)?\]\s+(?:<[^>]+>|\*)\s|\d{4}-\d\d-\d\dT\S+\s+<[^>]+>\s"),
    ("whatsapp_export", r"\u200e?\[?\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s.{0,20}(?:\]|\s-) "),
)
TABLES: Mapping[str, Sequence[Table]] = {
    "hubspot": hubspot.TABLES,
    "salesforce": salesforce.TABLES,
    "dynamics": dynamics.TABLES,
    "pipedrive": pipedrive.TABLES,
    "mailchimp": mailchimp.TABLES,
}
# Columns that any table may have.
COMMON = {"id", "name", "url", "email", "label", "title", "object", "lastname", "fivetransynced"}
# Columns that no other vendor's tables have.
MARKS = {
    "hubspot": re.compile(
        r"property_(?!id$)|hs_|hubspot_|(?:engagement|portal|merged_deal|contact_list)_id$"
        r"|canonical_vid$|deal_pipeline|primary_team_id$|requires_billing_write$|processing_type$"
        r"|smtp_id$|drop_reason$|portal_subscription_status$|closed_won$|record id$"
    ),
    "salesforce": re.compile(r"system_?modstamp$|.+__c$|developer_?name$|is_?unread_?by_?owner$"),
    "dynamics": re.compile(r"createdon$|statecode$|_\w+_value$|.+@odata"),
    "pipedrive": re.compile(r"(?:deal - )?(?:add_time|stage_change_time|person_id|org_id)$"),
    "mailchimp": re.compile(
        r"(?:list|member|unique_email|combination|automation_email)_id$|member.rating$"
        r"|optin_time$|permission_reminder$|trigger_settings$"
    ),
}


def candidates(found: Sample) -> Iterator[str]:
    """The formats whose signature a file bears, the likeliest first."""
    if found.kind == "text":
        for name, shape in LINES:
            if any(re.match(shape, line) for line in found.rows[:20]):
                yield name
        return
    faces = [face for row in found.rows[:20] for face in _faces(row)]
    for name, fields in FIELDS:
        if any(all(_has(face, field) for field in fields.split(", ")) for face in faces):
            yield name
    if found.kind == "csv":
        # Zendesk's word for a customer.
        if any(row.get("role") == "end-user" for row in found.rows[:200]):
            yield "zendesk_support"
        columns = {fivetran.column(name) for name in found.header}
        if intercom_tables.table_of(columns) in intercom_tables.TABLES:
            yield "intercom"
        yield from _by_table(found)
        names = {canonical(name) for name in found.header}
        if names & {"nps", "csat", "ces"} or names >= {"metric", "score"}:
            yield "survey"


def _faces(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A record, and the first of each list in it: a document may be one list of records."""
    yield row
    for value in row.values():
        if isinstance(value, list):
            yield from (inner for inner in value[:20] if isinstance(inner, dict))


def _has(row: Mapping[str, Any], field: str) -> bool:
    """Whether a record has a field; of `a.b` the b within a."""
    if field in row:
        return True
    top, _, rest = field.partition(".")
    inner = row.get(top)
    return bool(rest) and isinstance(inner, dict) and _has(inner, rest)


def _by_table(found: Sample) -> Iterator[str]:
    """The vendors one of whose tables has these columns; by marks of their own, or one alone."""
    marked: list[tuple[int, str]] = []
    sizes: dict[str, int] = {}
    columns = {canonical(name) for name in found.header}
    for name, tables in TABLES.items():
        try:
            table = recognise(found.file.name, found.header, name, tables)
        except SourceRefused:
            continue
        if marks := _marks(found, name):
            marked.append((-marks, name))
        own = max(len(wanted - COMMON) for wanted in table.needs if wanted <= columns)
        if own:
            sizes[name] = own
    if marked:
        yield from (name for _, name in sorted(marked))
    # Without a mark: no other vendor's table is like it, and not by one column alone.
    elif len(sizes) == 1 and max(sizes.values()) >= 2:
        yield from sizes


def _marks(found: Sample, vendor: str) -> int:
    """How many signs of a vendor a table bears."""
    marks = sum(MARKS[vendor].match(name.strip().lower()) is not None for name in found.header)
    rows = found.rows[:200]
    if vendor == "hubspot":
        marks += any("HUBSPOT_DEFINED" in row.values() for row in rows)
    if vendor == "salesforce":
        ids = [row[name] for row in rows for name in row if canonical(name) == "id" and row[name]]
        marks += 3 * (bool(ids) and all(map(_is_salesforce, ids)))
    return marks


def _is_salesforce(text: str) -> bool:
    """Whether an id is one of Salesforce's, its checksum fitting."""
    try:
        record_id(text)
    except BadRecord:
        return False
    return len(text.strip()) == 18
