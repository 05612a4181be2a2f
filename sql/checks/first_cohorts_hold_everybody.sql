-- Whoever was ever active came in one cohort of each clock and period, and in one
-- alone.
with
    entered as (
        select
            clock, period, activity, cast(sum(cohort_count) as bigint) as cohort_count
        from retention
        where entry = 'first' and measure = 'on' and from_number = 0
        group by clock, period, activity
    ),

    active as (
        select activity, count(distinct customer_rank) as customer_count
        from activity_days
        group by activity
    )

select
    entered.clock,
    entered.period,
    active.activity,
    entered.cohort_count,
    active.customer_count
from active
left join entered on active.activity = entered.activity
where coalesce(entered.cohort_count, 0) <> active.customer_count
