-- journeys: a customer's touchpoints from a first sign of life to an outcome or
-- silence.
-- Grain: one row per customer_id, journey_number.
-- Reads: goals, journey_events, parameters.
-- It opens with a sign of life: the customer's first (`first`), the first one after an
-- outcome (`next`), or after a silence that ended the journey before (`returned`); so
-- a journey once ended is never changed by who comes back. It closes by an outcome, or
-- by a silence longer than the dormancy limit; one of exactly the limit leaves it
-- open. Its goal is that of its outcome, else that of its first touchpoint, else the
-- only one there is.
with
    gathered as (
        select
            customer_id,
            journey_number,
            min(occurred_at) as started_at,
            max(occurred_at) as last_touched_at,
            max(case when is_sign then occurred_at end) as last_sign_at,
            max(case when is_sign then occurred_us end) as last_sign_us,
            max(occurred_us) - min(occurred_us) as duration_us,
            max(case when is_opening then touchpoint end) as first_touchpoint,
            -- An outcome closes its journey, so a journey has one at most.
            max(outcome) as outcome,
            max(
                case when outcome is not null then touchpoint end
            ) as outcome_touchpoint,
            min(position) as first_position,
            max(position) as last_position,
            count(*) as touchpoint_count,
            count(stage) as staged_count,
            cast(sum(amount_cents) as bigint) as value_cents,
            max(case when is_uncertain then 1 else 0 end) = 1 as is_uncertain
        from journey_events
        where journey_number is not null
        group by customer_id, journey_number
    ),

    closed as (
        select
            gathered.*,
            case
                when gathered.outcome = 'completes'
                then 'completed'
                when
                    gathered.outcome = 'ends'
                    or parameters.as_of_us - gathered.last_sign_us
                    > parameters.dormancy_us
                then 'ended'
                else 'open'
            end as status
        from gathered
        cross join parameters
    ),

    followed as (
        select
            *,
            lag(outcome) over way as previous_outcome,
            lag(last_sign_us) over way as previous_sign_us
        from closed
        window way as (partition by customer_id order by journey_number)
    ),

    sole as (
        select case when count(distinct goal) = 1 then max(goal) end as goal from goals
    )

select
    followed.customer_id,
    followed.journey_number,
    followed.started_at,
    followed.last_touched_at,
    followed.last_sign_at,
    cast(followed.duration_us as double) / 86400000000e0 as duration_days,
    followed.status,
    case
        when followed.previous_sign_us is null
        then 'first'
        when followed.previous_outcome is null
        then 'returned'
        else 'next'
    end as opening,
    cast(epoch_us(followed.started_at) - followed.previous_sign_us as double)
    / 86400000000e0 as silence_days,
    coalesce(outcome_goals.goal, opening_goals.goal, sole.goal) as goal,
    followed.first_touchpoint,
    followed.outcome_touchpoint,
    followed.first_position,
    followed.last_position,
    followed.touchpoint_count,
    followed.staged_count,
    coalesce(followed.value_cents, 0) as value_cents,
    followed.is_uncertain
from followed
cross join sole
left join
    goals as outcome_goals on followed.outcome_touchpoint = outcome_goals.touchpoint
left join goals as opening_goals on followed.first_touchpoint = opening_goals.touchpoint
