-- persona_customers: customers who went at least one step, in an order of chance.
-- Grain: one row per customer_id.
-- Reads: ordered_events, persona_steps.
-- Who met one touchpoint alone has shown no way of going.
with
    movers as (
        select customer_id
        from persona_steps
        where from_name <> '(start)'
        group by customer_id
    )

select
    movers.customer_id,
    -- Event ids are hashes: a customer keeps the place under any other name.
    row_number() over (order by first_events.event_id, movers.customer_id) as place
from movers
join
    ordered_events as first_events
    on movers.customer_id = first_events.customer_id
    and first_events.position = 1
