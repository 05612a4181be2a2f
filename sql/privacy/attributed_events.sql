-- attributed_events: what the snapshot says happened to the customers, or keeps of them
-- unpublished.
-- Grain: one row per event_id.
-- Reads: asked_customers, events, suppressed_events.
with
    attributed as (
        select event_id, customer_id
        from events
        union all
        select event_id, customer_id
        from suppressed_events
    )

select distinct attributed.event_id
from attributed
semi join asked_customers on attributed.customer_id = asked_customers.customer_id
order by attributed.event_id
