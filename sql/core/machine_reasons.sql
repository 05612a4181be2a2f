-- machine_reasons: what machines did, and why it is taken for theirs.
-- Grain: one row per source, machine_reason.
-- Reads: known_events.
select
    source,
    machine_reason,
    count(*) as event_count,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at
from known_events
where is_machine
group by source, machine_reason
order by source, machine_reason
