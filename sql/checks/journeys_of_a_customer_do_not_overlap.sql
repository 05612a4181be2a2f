-- A customer is on one journey at a time.
with
    followed as (
        select
            customer_id,
            journey_number,
            last_position,
            lead(first_position) over (
                partition by customer_id order by journey_number
            ) as next_position
        from journeys
    )

select customer_id, journey_number, last_position, next_position
from followed
where last_position >= next_position
