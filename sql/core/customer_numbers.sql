-- customer_numbers: a whole number for every customer, in the order of first events.
-- Grain: one row per customer_number.
-- Reads: ordered_events.
-- Numbers hold for one snapshot. They do not depend on how customers are called.
select
    cast(
        row_number() over (
            order by ordered_events.occurred_us, ordered_events.event_key
        ) as integer
    ) as customer_number,
    ordered_events.customer_id
from ordered_events
where ordered_events.position = 1
