-- unowned_events: events that were known then and had no customer, and have one today.
-- Grain: one row per event_key.
-- Reads: current_owners, event_customers, landed_events, parameters.
with
    gained as (
        select current_owners.event_key
        from current_owners
        cross join parameters
        where
            current_owners.occurred_at <= parameters.as_of
            and current_owners.event_key not in (select event_key from event_customers)
    )

-- What was known later is no change of mind.
select gained.event_key
from gained
join landed_events on gained.event_key = landed_events.event_key
group by gained.event_key
