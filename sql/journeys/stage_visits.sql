-- stage_visits: a stay in one stage: touchpoints of a journey with no other between.
-- Grain: one row per customer_id, journey_number, visit_number.
-- Reads: touchpoint_visits.
with
    stays as (
        select
            customer_id,
            journey_number,
            visit_number,
            max(stage) as stage,
            max(stage_position) as stage_position,
            min(occurred_at) as entered_at,
            max(occurred_at) as last_touched_at,
            min(occurred_us) as entered_us,
            max(occurred_us) as last_touched_us,
            count(*) as touchpoint_count,
            count(distinct channel) as channel_count,
            -- The last touchpoint of a stay alone leads to another stage or to none.
            max(case when next_stage <> stage then next_stage end) as next_stage,
            max(
                case when next_stage <> stage then next_occurred_at end
            ) as next_entered_at,
            max(case when next_stage <> stage then wait_us end) as wait_us,
            max(case when next_stage = stage then null else exit end) as exit,
            max(case when next_stage = stage or not is_settled then 0 else 1 end)
            = 1 as is_settled,
            max(case when next_stage = stage then 0 when is_uncertain then 1 else 0 end)
            = 1 as is_uncertain
        from touchpoint_visits
        group by customer_id, journey_number, visit_number
    )

select
    customer_id,
    journey_number,
    visit_number,
    stage,
    stage_position,
    entered_at,
    last_touched_at,
    -- Who has left without a next stage was last seen at the last touchpoint.
    case
        when exit = 'open' then null else coalesce(next_entered_at, last_touched_at)
    end as left_at,
    cast(last_touched_us - entered_us as double) / 3600000000e0 as touched_hours,
    touchpoint_count,
    channel_count,
    next_stage,
    wait_us,
    exit,
    is_settled,
    is_uncertain
from stays
