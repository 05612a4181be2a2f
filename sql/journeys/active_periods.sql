-- active_periods: the days, weeks and months in which each customer was active.
-- Grain: one row per series_number, customer_rank, number.
-- Reads: activity_days, business_days.
-- series_number is an activity and a period, as in activity_series. Beside each number
-- stand the one before (previous_number, and the last instant in it, previous_us), the
-- next and the last one that the customer was seen in.
with
    -- A day's pieces have one week and one month.
    dated as (
        select distinct
            day_number, 1 as series_step, cast(week_number as integer) as number
        from business_days
        union all
        select distinct
            day_number, 2 as series_step, cast(month_number as integer) as number
        from business_days
    ),

    -- Whole numbers alone go through groups and windows: they take a fraction of the
    -- time that texts do.
    days as (
        select
            case activity when 'any' then 1 else 4 end as series_number,
            customer_rank,
            cast(day_number as integer) as day_number,
            first_us,
            last_us
        from activity_days
    ),

    periods as (
        select
            series_number,
            customer_rank,
            day_number as number,
            min(first_us) as first_us,
            max(last_us) as last_us
        from days
        group by series_number, customer_rank, day_number
        union all
        select
            days.series_number + dated.series_step as series_number,
            days.customer_rank,
            dated.number,
            min(days.first_us) as first_us,
            max(days.last_us) as last_us
        from days
        join dated on days.day_number = dated.day_number
        group by days.series_number, dated.series_step, days.customer_rank, dated.number
    )

select
    series_number,
    customer_rank,
    number,
    first_us,
    last_us,
    lag(number) over known as previous_number,
    lag(last_us) over known as previous_us,
    lead(number) over known as next_number,
    max(number) over known as last_active_number,
    max(last_us) over known as last_active_us
from periods
window
    known as (
        partition by customer_rank, series_number
        order by number
        rows between unbounded preceding and unbounded following
    )
