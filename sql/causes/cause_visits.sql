-- cause_visits: every settled visit that may tell why journeys stop, as it stood on
-- entry.
-- Grain: one row per grain, customer_id, position of the visit's first touchpoint.
-- Reads: journeys, ordered_events, stage_visits, touchpoint_visits.
-- Reached: how far the journey had come, in bands of its touchpoints: the first, the
-- second, up to the 4th, and on by doubling up to the 128th, and further.
-- An end by an outcome touchpoint is a decision: its visit counts, and is not lost.
with
    -- Event ids are hashes: 256 groups of customers, as large, under whatever names.
    chosen as (
        select customer_id
        from ordered_events
        where
            position = 1
            and coalesce(substr(event_id, 1, 2), '00') <= getvariable('last_group')
    ),

    visits as (
        select
            'stage' as grain,
            stage_visits.customer_id,
            stage_visits.journey_number,
            stage_visits.first_position as position,
            stage_visits.stage as name,
            stage_visits.exit,
            stage_visits.is_settled,
            lag(stage_visits.stage) over (
                partition by stage_visits.customer_id, stage_visits.journey_number
                order by stage_visits.visit_number
            ) as previous_name
        from stage_visits
        join chosen on stage_visits.customer_id = chosen.customer_id
        union all
        select
            'touchpoint' as grain,
            touchpoint_visits.customer_id,
            touchpoint_visits.journey_number,
            touchpoint_visits.position,
            touchpoint_visits.touchpoint as name,
            touchpoint_visits.exit,
            touchpoint_visits.is_settled,
            lag(touchpoint_visits.touchpoint) over (
                partition by
                    touchpoint_visits.customer_id, touchpoint_visits.journey_number
                order by touchpoint_visits.position
            ) as previous_name
        from touchpoint_visits
        join chosen on touchpoint_visits.customer_id = chosen.customer_id
    )

select
    visits.grain,
    visits.name,
    visits.customer_id,
    visits.journey_number,
    visits.position,
    touchpoint_visits.occurred_at,
    cast(touchpoint_visits.occurred_at as date) as day_on,
    touchpoint_visits.channel,
    touchpoint_visits.device_kind,
    coalesce(visits.previous_name, '(start)') as previous_name,
    case
        when touchpoint_visits.step <= 2
        then touchpoint_visits.step
        when touchpoint_visits.step <= 4
        then 4
        when touchpoint_visits.step <= 8
        then 8
        when touchpoint_visits.step <= 16
        then 16
        when touchpoint_visits.step <= 32
        then 32
        when touchpoint_visits.step <= 64
        then 64
        when touchpoint_visits.step <= 128
        then 128
        else 129
    end as reached,
    visits.exit = 'ended' and journeys.outcome_touchpoint is null as is_lost
from visits
join
    touchpoint_visits
    on visits.customer_id = touchpoint_visits.customer_id
    and visits.position = touchpoint_visits.position
join
    journeys
    on visits.customer_id = journeys.customer_id
    and visits.journey_number = journeys.journey_number
where visits.is_settled
