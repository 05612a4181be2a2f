-- machine_reasons: what machines did, and why it is taken for theirs.
-- Grain: one row per source, machine_reason.
-- Reads: event_counts.
select
    source,
    machine_reason,
    cast(sum(event_count) as bigint) as event_count,
    min(first_at) as first_seen_at,
    max(last_at) as last_seen_at
from event_counts
where is_machine
group by source, machine_reason
order by source, machine_reason
