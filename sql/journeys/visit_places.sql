-- visit_places: every touchpoint of a journey on its way, and what came next, in
-- numbers.
-- Grain: one row per customer_id, position, for touchpoints with stage and journey.
-- Reads: customer_ranks, journey_events, journeys, parameters.
with
    -- Whole numbers alone go through the window: they take a fraction of the time that
    -- texts do.
    followed as (
        select
            customer_rank,
            journey_number,
            position,
            occurred_at,
            kind_number,
            stage_position,
            is_uncertain,
            row_number() over way as step,
            lag(stage_position) over way as previous_stage_position,
            lead(kind_number) over way as next_kind_number,
            lead(stage_position) over way as next_stage_position,
            lead(occurred_at) over way as next_occurred_at,
            lead(is_uncertain) over way as is_next_uncertain
        from journey_events
        where stage is not null and journey_number is not null
        window way as (partition by customer_rank, journey_number order by position)
    )

select
    journeys.customer_id,
    followed.customer_rank,
    followed.journey_number,
    followed.step,
    followed.position,
    followed.occurred_at,
    followed.kind_number,
    followed.next_kind_number,
    followed.next_occurred_at,
    case
        when followed.next_kind_number is null
        then journeys.status
        when followed.next_stage_position < followed.stage_position
        then 'diverted'
        else 'advanced'
    end as exit,
    -- Whatever could follow has followed: its time is over.
    parameters.as_of_us - epoch_us(followed.occurred_at) > parameters.dormancy_us
    and (
        followed.next_kind_number is not null or journeys.status <> 'open'
    ) as is_settled,
    followed.is_uncertain
    or coalesce(followed.is_next_uncertain, false) as is_uncertain,
    coalesce(
        followed.previous_stage_position <> followed.stage_position, true
    ) as is_entry,
    coalesce(followed.next_stage_position <> followed.stage_position, true) as is_leave
from followed
join customer_ranks on followed.customer_rank = customer_ranks.customer_rank
join
    journeys
    on customer_ranks.customer_id = journeys.customer_id
    and followed.journey_number = journeys.journey_number
cross join parameters
