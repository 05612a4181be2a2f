-- A report speaks about as_of; what came later may not shape it.
select
    ordered_events.source,
    count(*) as event_count,
    max(ordered_events.occurred_at) as newest_at
from ordered_events
cross join parameters
where ordered_events.occurred_at > parameters.as_of
group by ordered_events.source
