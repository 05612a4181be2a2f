-- trial_events: how many events would be another customer's.
-- Grain: one row.
-- Reads: before_events, after_events.
select
    count(before_events.event_id) as before_count,
    count(after_events.event_id) as after_count,
    count(*) filter (
        where before_events.customer_id <> after_events.customer_id
    ) as moved_count,
    count(*) filter (where before_events.event_id is null) as gained_count,
    count(*) filter (where after_events.event_id is null) as lost_count
from before_events
full join after_events on before_events.event_id = after_events.event_id
