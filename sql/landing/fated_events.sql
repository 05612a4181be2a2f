-- fated_events: the staged events of one fate, as they are kept.
-- Grain: one row per event_id, content_hash.
-- Reads: hashed_events, placed_events.
select
    hashed.event_id,
    hashed.content_hash,
    hashed.source,
    hashed.channel,
    hashed.kind,
    hashed.kind_raw,
    hashed.label,
    hashed.occurred_at,
    hashed.time_precision,
    hashed.time_basis,
    hashed.received_at,
    hashed.known_at,
    hashed.file_id,
    hashed.record_number,
    hashed.source_sequence,
    hashed.actor,
    hashed.direction,
    hashed.is_machine,
    hashed.machine_reason,
    hashed.device_kind,
    hashed.object_kind,
    hashed.object_id,
    hashed.text,
    hashed.sentiment,
    hashed.sentiment_basis,
    hashed.amount_cents,
    hashed.currency,
    hashed.score_kind,
    hashed.score,
    hashed.link,
    hashed.properties
from hashed_events as hashed
left join
    placed_events as placed
    on hashed.file_id = placed.file_id
    and hashed.event_ordinal = placed.event_ordinal
where coalesce(placed.fate, 'landed') = $fate
order by hashed.occurred_at, hashed.event_id, hashed.content_hash
