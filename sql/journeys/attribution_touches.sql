-- attribution_touches: the touchpoints before each outcome, with their part in it.
-- Grain: one row per customer_id, journey_number, position.
-- Reads: journey_events, journeys.
-- Weights are whole numbers; a touchpoint's part in one outcome is its weight by the
-- sum
-- of its journey's, worked out so that parts of the journey add up to the whole
-- exactly:
-- each gets what it and all before it are due, less what those before it have got.
with
    -- The outcome takes no credit for itself, unless nothing came before it.
    preceding as (
        select
            journey_events.customer_id,
            journey_events.journey_number,
            journey_events.position,
            journey_events.touchpoint,
            journey_events.channel,
            journey_events.occurred_us,
            coalesce(
                journey_events.channel = 'web'
                and journey_events.initiator = 'customer',
                false
            ) as is_direct,
            journeys.outcome_touchpoint,
            journeys.status,
            journeys.value_cents
        from journey_events
        join
            journeys
            on journey_events.customer_id = journeys.customer_id
            and journey_events.journey_number = journeys.journey_number
        where
            journeys.outcome_touchpoint is not null
            and (
                journey_events.outcome is null
                or journeys.first_position = journey_events.position
            )
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by customer_id, journey_number order by position
            ) as place,
            count(*) over (partition by customer_id, journey_number) as touch_count,
            max(occurred_us) over (
                partition by customer_id, journey_number
            ) as last_touch_us,
            -- Where all came by themselves, the last of them.
            coalesce(
                max(case when not is_direct then position end) over (
                    partition by customer_id, journey_number
                ),
                max(position) over (partition by customer_id, journey_number)
            ) as credited_position
        from preceding
    ),

    -- Half as much for each seven days (604,800 seconds) before the last touchpoint;
    -- 2 : 1 : ... : 1 : 2 so that first and last have 40 % each.
    weighed as (
        select
            *,
            cast(
                floor(
                    1000000000e0 * exp(
                        -0.6931471805599453e0
                        * (last_touch_us - occurred_us)
                        / 604800000000e0
                    )
                ) as bigint
            ) as decay_weight,
            case
                when touch_count > 2 and (place = 1 or place = touch_count)
                then 2 * (touch_count - 2)
                else 1
            end as position_weight
        from placed
    ),

    added as (
        select
            *,
            cast(sum(decay_weight) over so_far as bigint) as decay_so_far,
            cast(sum(position_weight) over so_far as bigint) as position_so_far,
            cast(
                sum(decay_weight) over (
                    partition by customer_id, journey_number
                ) as bigint
            ) as decay_total,
            cast(
                sum(position_weight) over (
                    partition by customer_id, journey_number
                ) as bigint
            ) as position_total
        from weighed
        window
            so_far as (
                partition by customer_id, journey_number
                order by position
                rows between unbounded preceding and current row
            )
    )

select
    customer_id,
    journey_number,
    position,
    touchpoint,
    channel,
    outcome_touchpoint,
    status,
    value_cents,
    cast(place as double) / touch_count as linear_until,
    cast(place - 1 as double) / touch_count as linear_after,
    cast(position_so_far as double) / position_total as position_until,
    cast(position_so_far - position_weight as double)
    / position_total as position_after,
    cast(decay_so_far as double) / decay_total as decay_until,
    cast(decay_so_far - decay_weight as double) / decay_total as decay_after,
    place = 1 as is_first,
    place = touch_count as is_last,
    position = credited_position as is_last_non_direct
from added
