-- A customer's counts of journeys are those of the table of journeys.
with
    travelled as (
        select
            customer_id,
            count(*) as journey_count,
            count(case when status = 'completed' then 1 end) as completed_count,
            count(case when status = 'ended' then 1 end) as ended_count,
            count(case when status = 'open' then 1 end) as open_count
        from journeys
        group by customer_id
    )

select
    coalesce(customers.customer_id, travelled.customer_id) as customer_id,
    customers.journey_count,
    travelled.journey_count as table_count
from customers
full join travelled on customers.customer_id = travelled.customer_id
where
    coalesce(customers.journey_count, -1) <> coalesce(travelled.journey_count, 0)
    or coalesce(customers.completed_journey_count, -1)
    <> coalesce(travelled.completed_count, 0)
    or coalesce(customers.ended_journey_count, -1) <> coalesce(travelled.ended_count, 0)
    or coalesce(customers.open_journey_count, -1) <> coalesce(travelled.open_count, 0)
