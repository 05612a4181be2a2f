-- event_counts: how many events were told of in each way on each day (UTC).
-- Grain: one row per source, channel, kind, label, actor, device_kind, time_precision,
-- score_kind, day_on, is_past, is_machine, machine_reason.
-- Reads: known_events, parameters.
-- Machines' events and those after as_of (not is_past) are counted apart: most readers
-- want neither.
select
    known_events.source,
    known_events.channel,
    known_events.kind,
    known_events.label,
    known_events.actor,
    known_events.device_kind,
    known_events.time_precision,
    known_events.score_kind,
    cast(known_events.occurred_at as date) as day_on,
    known_events.occurred_at <= parameters.as_of as is_past,
    known_events.is_machine,
    known_events.machine_reason,
    count(*) as event_count,
    min(known_events.occurred_at) as first_at,
    max(known_events.occurred_at) as last_at
from known_events
cross join parameters
group by
    known_events.source,
    known_events.channel,
    known_events.kind,
    known_events.label,
    known_events.actor,
    known_events.device_kind,
    known_events.time_precision,
    known_events.score_kind,
    cast(known_events.occurred_at as date),
    known_events.occurred_at <= parameters.as_of,
    known_events.is_machine,
    known_events.machine_reason
