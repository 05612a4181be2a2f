-- activity_days: on which days each customer was active, and on which they got value.
-- Grain: one row per activity (any or value), customer_id, day_number, utc_day.
-- Reads: activity_days, customer_numbers, customer_ranks.
select
    activity_days.activity,
    customer_ranks.customer_id,
    activity_days.day_number,
    activity_days.utc_day,
    activity_days.first_us,
    activity_days.last_us,
    activity_days.touch_count,
    customer_numbers.customer_number
from activity_days
join customer_ranks on activity_days.customer_rank = customer_ranks.customer_rank
join customer_numbers on customer_ranks.customer_id = customer_numbers.customer_id
