-- A session that lost or doubled an event would show in its customer's total.
with
    covered as (
        select customer_id, cast(sum(event_count) as bigint) as event_count
        from sessions
        group by customer_id
    ),

    ordered as (
        select customer_id, count(*) as event_count
        from ordered_events
        group by customer_id
    )

select
    ordered.customer_id,
    ordered.event_count,
    coalesce(covered.event_count, 0) as covered_count
from ordered
left join covered on ordered.customer_id = covered.customer_id
where ordered.event_count <> coalesce(covered.event_count, 0)
