-- events: every event of a customer with its place, session, journey and all it said.
-- Grain: one row per customer_id, position.
-- Reads: journey_events, known_events, mail_threads, ordered_events, session_events.
-- Kept as a view: publishing alone reads it, once.
select
    ordered_events.customer_id,
    ordered_events.position,
    ordered_events.touchpoint,
    ordered_events.stage,
    session_events.session_number,
    journey_events.journey_number,
    known_events.event_id,
    known_events.source,
    known_events.channel,
    known_events.kind,
    known_events.kind_raw,
    known_events.label,
    known_events.occurred_at,
    known_events.time_precision,
    known_events.time_basis,
    known_events.received_at,
    known_events.known_at,
    known_events.file_id,
    known_events.record_number,
    known_events.actor,
    known_events.direction,
    known_events.device_kind,
    known_events.object_kind,
    coalesce(mail_threads.thread, known_events.object_id) as object_id,
    known_events.text,
    known_events.sentiment,
    known_events.sentiment_basis,
    known_events.amount_cents,
    known_events.currency,
    known_events.score_kind,
    known_events.score,
    known_events.link,
    known_events.properties,
    ordered_events.is_tied,
    ordered_events.is_uncertain,
    ordered_events.attribution
from ordered_events
join known_events on ordered_events.event_key = known_events.event_key
join
    session_events
    on ordered_events.customer_id = session_events.customer_id
    and ordered_events.position = session_events.position
-- Known when all mails are: an answer may land before what it answers.
left join mail_threads on ordered_events.event_id = mail_threads.event_id
-- Only touchpoints are in a journey.
left join
    journey_events
    on ordered_events.customer_id = journey_events.customer_id
    and ordered_events.position = journey_events.position
