-- Whoever has events has a row in customers, with that many events.
with
    ordered as (
        select customer_id, count(*) as event_count
        from ordered_events
        group by customer_id
    )

select ordered.customer_id, ordered.event_count, customers.event_count as shown_count
from ordered
left join customers on ordered.customer_id = customers.customer_id
where customers.event_count is null or customers.event_count <> ordered.event_count
