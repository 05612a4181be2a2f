-- active_periods: the days, weeks and months in which each customer was active.
-- Grain: one row per activity, period (day, week or month), customer_rank, number.
-- Reads: activity_days, business_days.
-- Beside each stand the one before (previous_number, and the last instant in it,
-- previous_us), the next and the last one that the customer was seen in. series_number
-- is activity and period as one number.
with
    -- A day's pieces have one week and one month.
    days as (select distinct day_number, week_number, month_number from business_days),

    periods as (
        select
            activity,
            'day' as period,
            customer_rank,
            day_number as number,
            min(first_us) as first_us,
            max(last_us) as last_us
        from activity_days
        group by activity, customer_rank, day_number
        union all
        select
            activity_days.activity,
            'week' as period,
            activity_days.customer_rank,
            days.week_number as number,
            min(activity_days.first_us) as first_us,
            max(activity_days.last_us) as last_us
        from activity_days
        join days on activity_days.day_number = days.day_number
        group by activity_days.activity, activity_days.customer_rank, days.week_number
        union all
        select
            activity_days.activity,
            'month' as period,
            activity_days.customer_rank,
            days.month_number as number,
            min(activity_days.first_us) as first_us,
            max(activity_days.last_us) as last_us
        from activity_days
        join days on activity_days.day_number = days.day_number
        group by activity_days.activity, activity_days.customer_rank, days.month_number
    ),

    numbered as (
        select
            *,
            case activity when 'any' then 0 else 3 end + case
                period when 'day' then 1 when 'week' then 2 else 3
            end as series_number
        from periods
    )

select
    activity,
    period,
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
from numbered
window
    known as (
        partition by customer_rank, series_number
        order by number
        rows between unbounded preceding and unbounded following
    )
