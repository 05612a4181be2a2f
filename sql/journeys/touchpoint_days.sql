-- touchpoint_days: on which days each customer met each touchpoint.
-- Grain: one row per touchpoint, customer_id, day_number, utc_day.
-- Reads: business_days, customer_ranks, event_kinds, journey_places.
-- A day is one of the company's time zone, cut at midnight UTC: such a piece holds one
-- midnight of either clock at most, so that its first and last instant are enough to
-- say exactly what fell into which calendar day and which window of 24 hours. Its date,
-- week and month are in business_days.
with
    touched as (
        select touchpoint_number, customer_rank, epoch_us(occurred_at) as occurred_us
        from journey_places
    ),

    gathered as (
        select
            touched.touchpoint_number,
            touched.customer_rank,
            business_days.day_number,
            business_days.utc_day,
            min(touched.occurred_us) as first_us,
            max(touched.occurred_us) as last_us,
            count(*) as touch_count
        from touched
        join
            business_days
            on cast(
                floor(cast(touched.occurred_us as double) / 86400000000e0) as bigint
            )
            = business_days.utc_day
            and touched.occurred_us >= business_days.from_us
            and touched.occurred_us < business_days.until_us
        group by
            touched.touchpoint_number,
            touched.customer_rank,
            business_days.day_number,
            business_days.utc_day
    )

select
    event_kinds.touchpoint,
    customer_ranks.customer_id,
    gathered.customer_rank,
    gathered.day_number,
    gathered.utc_day,
    gathered.first_us,
    gathered.last_us,
    gathered.touch_count,
    coalesce(event_kinds.initiator = 'customer', false) as is_by_customer,
    event_kinds.is_value
from gathered
join customer_ranks on gathered.customer_rank = customer_ranks.customer_rank
join event_kinds on gathered.touchpoint_number = event_kinds.kind_number
-- So that who asks for one touchpoint reads its rows alone.
order by
    event_kinds.touchpoint,
    gathered.customer_rank,
    gathered.day_number,
    gathered.utc_day
