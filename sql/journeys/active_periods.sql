-- active_periods: the days, weeks and months in which each customer was active.
-- Grain: one row per activity, period (day, week or month), customer_rank, number.
-- Reads: activity_days, business_days.
with
    -- A day's pieces have one week and one month.
    days as (select distinct day_number, week_number, month_number from business_days)

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
