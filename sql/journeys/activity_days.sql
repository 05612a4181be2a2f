-- activity_days: on which days each customer was active, and on which they got value.
-- Grain: one row per activity (any or value), customer_rank, day_number, utc_day.
-- Reads: touchpoint_days.
-- any: a touchpoint that the customer started, or one of value. value: one of value.
-- Days are pieces as in touchpoint_days.
select
    'any' as activity,
    customer_rank,
    day_number,
    utc_day,
    min(first_us) as first_us,
    max(last_us) as last_us,
    cast(sum(touch_count) as bigint) as touch_count
from touchpoint_days
where is_by_customer or is_value
group by customer_rank, day_number, utc_day
union all
select
    'value' as activity,
    customer_rank,
    day_number,
    utc_day,
    min(first_us) as first_us,
    max(last_us) as last_us,
    cast(sum(touch_count) as bigint) as touch_count
from touchpoint_days
where is_value
group by customer_rank, day_number, utc_day
