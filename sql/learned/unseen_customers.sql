-- unseen_customers: customers whose stages no rule can see, in an order of chance.
-- Grain: one row per customer_id.
-- Reads: ordered_events.
-- On fewer than half of the days (in UTC) on which they did something, something has a
-- stage: the catalogue gives their touchpoints none, or describes their kinds by no
-- touchpoint at all. Half of the days are enough for a rule. What agents and systems
-- write of customers is no day of theirs.
with
    days as (
        select
            customer_id,
            cast(occurred_at as date) as day_on,
            count(stage) as staged_count
        from ordered_events
        group by customer_id, cast(occurred_at as date)
        having max(case when coalesce(actor, 'customer') = 'customer' then 1 end) = 1
    ),

    counted as (
        select
            customer_id,
            count(*) as day_count,
            sum(case when staged_count > 0 then 1 else 0 end) as staged_day_count
        from days
        group by customer_id
    )

select
    counted.customer_id,
    -- Event ids are hashes: a customer keeps the place under any other name.
    row_number() over (order by first_events.event_id, counted.customer_id) as place
from counted
join
    ordered_events as first_events
    on counted.customer_id = first_events.customer_id
    and first_events.position = 1
where 2 * counted.staged_day_count < counted.day_count
