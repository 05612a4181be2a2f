-- journey_paths: the way of every journey as three short texts, one character a step.
-- Grain: one row per customer_id, journey_number.
-- Reads: customer_ranks, event_kinds, journeys, parameters, path_codes, visit_places.
-- A character is a code of path_codes. touchpoint_codes keeps repeats, collapsed_codes
-- has a touchpoint that follows itself once, stage_codes has one for each stage visit.
-- All three are empty where no touchpoint of the journey has a stage.
with
    coded as (
        select
            event_kinds.kind_number,
            event_kinds.touchpoint_number,
            touchpoint_codes.code as touchpoint_code,
            stage_codes.code as stage_code
        from event_kinds
        join
            path_codes as touchpoint_codes
            on touchpoint_codes.grain = 'touchpoint'
            and touchpoint_codes.name = event_kinds.touchpoint
        join
            path_codes as stage_codes
            on stage_codes.grain = 'stage'
            and stage_codes.name = event_kinds.stage
    ),

    walked as (
        select
            visit_places.customer_rank,
            visit_places.journey_number,
            string_agg(coded.touchpoint_code, '' order by visit_places.step) as codes
        from visit_places
        join coded on visit_places.kind_number = coded.kind_number
        group by visit_places.customer_rank, visit_places.journey_number
    ),

    -- A stay ends where the next touchpoint is another one, or none.
    collapsed as (
        select
            visit_places.customer_rank,
            visit_places.journey_number,
            string_agg(coded.touchpoint_code, '' order by visit_places.step) as codes
        from visit_places
        join coded on visit_places.kind_number = coded.kind_number
        -- Nothing follows a journey's last touchpoint.
        left join
            event_kinds as next_kinds
            on visit_places.next_kind_number = next_kinds.kind_number
        where
            next_kinds.touchpoint_number is null
            or next_kinds.touchpoint_number <> coded.touchpoint_number
        group by visit_places.customer_rank, visit_places.journey_number
    ),

    stayed as (
        select
            visit_places.customer_rank,
            visit_places.journey_number,
            string_agg(coded.stage_code, '' order by visit_places.step) as codes
        from visit_places
        join coded on visit_places.kind_number = coded.kind_number
        where visit_places.is_leave
        group by visit_places.customer_rank, visit_places.journey_number
    )

select
    journeys.customer_id,
    journeys.journey_number,
    journeys.started_at,
    journeys.status,
    journeys.duration_days,
    coalesce(stayed.codes, '') as stage_codes,
    coalesce(walked.codes, '') as touchpoint_codes,
    coalesce(collapsed.codes, '') as collapsed_codes,
    -- Of journeys touched as lately as that, only those that went well are known.
    journeys.status <> 'open'
    and parameters.as_of_us - epoch_us(journeys.last_touched_at)
    > parameters.dormancy_us as is_settled
from journeys
cross join parameters
join customer_ranks on journeys.customer_id = customer_ranks.customer_id
left join
    walked
    on customer_ranks.customer_rank = walked.customer_rank
    and journeys.journey_number = walked.journey_number
left join
    collapsed
    on customer_ranks.customer_rank = collapsed.customer_rank
    and journeys.journey_number = collapsed.journey_number
left join
    stayed
    on customer_ranks.customer_rank = stayed.customer_rank
    and journeys.journey_number = stayed.journey_number
