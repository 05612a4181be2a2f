-- touchpoint_days: on which days each customer met each touchpoint.
-- Grain: one row per touchpoint, customer_id, day_number, utc_day.
-- Reads: business_days, journey_events.
-- A day is one of the company's time zone, cut at midnight UTC: such a piece holds one
-- midnight of either clock at most, so that its first and last instant are enough to
-- say exactly what fell into which calendar day and which window of 24 hours. Its date,
-- week and month are in business_days.
select
    journey_events.touchpoint,
    journey_events.customer_id,
    journey_events.customer_rank,
    business_days.day_number,
    business_days.utc_day,
    min(journey_events.occurred_us) as first_us,
    max(journey_events.occurred_us) as last_us,
    count(*) as touch_count,
    max(case when journey_events.initiator = 'customer' then 1 else 0 end)
    = 1 as is_by_customer,
    max(case when journey_events.is_value then 1 else 0 end) = 1 as is_value
from journey_events
join
    business_days
    on cast(floor(cast(journey_events.occurred_us as double) / 86400000000e0) as bigint)
    = business_days.utc_day
    and journey_events.occurred_us >= business_days.from_us
    and journey_events.occurred_us < business_days.until_us
group by
    journey_events.touchpoint,
    journey_events.customer_id,
    journey_events.customer_rank,
    business_days.day_number,
    business_days.utc_day
-- So that who asks for one touchpoint reads its rows alone.
order by touchpoint, customer_id, day_number, utc_day
