-- journey_paths: the way of every journey as three short texts, one character a step.
-- Grain: one row per customer_id, journey_number.
-- Reads: journeys, parameters, path_codes, touchpoint_visits.
-- A character is a code of path_codes. touchpoint_codes keeps repeats, collapsed_codes
-- has a touchpoint that follows itself once, stage_codes has one for each stage visit.
-- All three are empty where no touchpoint of the journey has a stage.
with
    -- A stay ends where the next touchpoint is another one, or none.
    coded as (
        select
            touchpoint_visits.customer_id,
            touchpoint_visits.journey_number,
            touchpoint_visits.step,
            touchpoint_codes.code as touchpoint_code,
            case
                when
                    coalesce(
                        touchpoint_visits.next_touchpoint
                        <> touchpoint_visits.touchpoint,
                        true
                    )
                then touchpoint_codes.code
            end as collapsed_code,
            case when touchpoint_visits.is_leave then stage_codes.code end as stage_code
        from touchpoint_visits
        join
            path_codes as touchpoint_codes
            on touchpoint_codes.grain = 'touchpoint'
            and touchpoint_codes.name = touchpoint_visits.touchpoint
        join
            path_codes as stage_codes
            on stage_codes.grain = 'stage'
            and stage_codes.name = touchpoint_visits.stage
    ),

    gathered as (
        select
            customer_id,
            journey_number,
            string_agg(touchpoint_code, '' order by step) as touchpoint_codes,
            string_agg(collapsed_code, '' order by step) as collapsed_codes,
            string_agg(stage_code, '' order by step) as stage_codes
        from coded
        group by customer_id, journey_number
    )

select
    journeys.customer_id,
    journeys.journey_number,
    journeys.started_at,
    journeys.status,
    journeys.duration_days,
    coalesce(gathered.stage_codes, '') as stage_codes,
    coalesce(gathered.touchpoint_codes, '') as touchpoint_codes,
    coalesce(gathered.collapsed_codes, '') as collapsed_codes,
    -- Of journeys touched as lately as that, only those that went well are known.
    journeys.status <> 'open'
    and parameters.as_of_us - epoch_us(journeys.last_touched_at)
    > parameters.dormancy_us as is_settled
from journeys
cross join parameters
left join
    gathered
    on journeys.customer_id = gathered.customer_id
    and journeys.journey_number = gathered.journey_number
