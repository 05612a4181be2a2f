-- touchpoint_days: on which days each customer met each touchpoint.
-- Grain: one row per touchpoint, customer_id, day_number, utc_day.
-- Reads: customer_numbers, touchpoint_days.
-- Rows stay together as they come, touchpoint by touchpoint.
select
    touchpoint_days.touchpoint,
    touchpoint_days.customer_id,
    touchpoint_days.day_number,
    touchpoint_days.utc_day,
    touchpoint_days.first_us,
    touchpoint_days.last_us,
    touchpoint_days.touch_count,
    touchpoint_days.is_by_customer,
    touchpoint_days.is_value,
    customer_numbers.customer_number
from touchpoint_days
join customer_numbers on touchpoint_days.customer_id = customer_numbers.customer_id
