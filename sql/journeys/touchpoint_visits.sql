-- touchpoint_visits: every touchpoint of a journey on its way, and what came next.
-- Grain: one row per customer_id, position, for touchpoints with stage and journey.
-- Reads: journey_events, journeys, parameters.
with
    staged as (
        select
            journey_events.customer_id,
            journey_events.journey_number,
            journey_events.position,
            journey_events.occurred_at,
            journey_events.occurred_us,
            journey_events.touchpoint,
            journey_events.stage,
            journey_events.stage_position,
            journey_events.channel,
            journey_events.owner,
            journey_events.device_kind,
            journey_events.is_uncertain,
            journeys.status
        from journey_events
        join
            journeys
            on journey_events.customer_id = journeys.customer_id
            and journey_events.journey_number = journeys.journey_number
        where journey_events.stage is not null
    ),

    followed as (
        select
            *,
            row_number() over way as step,
            lag(stage_position) over way as previous_stage_position,
            lead(touchpoint) over way as next_touchpoint,
            lead(stage) over way as next_stage,
            lead(stage_position) over way as next_stage_position,
            lead(channel) over way as next_channel,
            lead(owner) over way as next_owner,
            lead(occurred_at) over way as next_occurred_at,
            lead(occurred_us) over way as next_us,
            lead(is_uncertain) over way as is_next_uncertain
        from staged
        window way as (partition by customer_id, journey_number order by position)
    )

select
    followed.customer_id,
    followed.journey_number,
    followed.step,
    followed.position,
    followed.occurred_at,
    followed.occurred_us,
    followed.touchpoint,
    followed.stage,
    followed.stage_position,
    followed.channel,
    followed.owner,
    followed.device_kind,
    followed.next_touchpoint,
    followed.next_stage,
    followed.next_channel,
    followed.next_owner,
    followed.next_occurred_at,
    followed.next_us - followed.occurred_us as wait_us,
    case
        when followed.next_touchpoint is null
        then followed.status
        when followed.next_stage_position < followed.stage_position
        then 'diverted'
        else 'advanced'
    end as exit,
    -- Whatever could follow has followed: its time is over.
    parameters.as_of_us - followed.occurred_us > parameters.dormancy_us
    and (
        followed.next_touchpoint is not null or followed.status <> 'open'
    ) as is_settled,
    followed.is_uncertain
    or coalesce(followed.is_next_uncertain, false) as is_uncertain,
    followed.step = 1 as is_first,
    coalesce(
        followed.previous_stage_position <> followed.stage_position, true
    ) as is_entry,
    coalesce(followed.next_stage_position <> followed.stage_position, true) as is_leave
from followed
cross join parameters
