-- moment_visits: every settled visit to a touchpoint that decides nothing, with what
-- was
-- known of it on entry, and what became of its journey.
-- Grain: one row per customer_id, position.
-- Reads: journeys, ordered_events, parameters, touchpoint_visits, touchpoints.
-- Two visits are alike if their strata are: the same stage, as far along the journey
-- (in powers of two of touchpoints), the same opening of the journey, the same thirty
-- days before as_of, so that what followed could be seen for as long, and come by the
-- same channel.
with
    -- Event ids are hashes: 256 groups of customers, as large, under whatever names.
    chosen as (
        select customer_id, substr(md5(event_id), 1, 2) as customer_group
        from ordered_events
        where
            position = 1
            and coalesce(substr(md5(event_id), 1, 2), '00') <= getvariable('last_group')
    ),

    come_by as (
        select
            touchpoint_visits.customer_id,
            touchpoint_visits.journey_number,
            touchpoint_visits.position,
            touchpoint_visits.step,
            touchpoint_visits.occurred_us,
            touchpoint_visits.touchpoint,
            touchpoint_visits.stage,
            touchpoint_visits.channel,
            touchpoint_visits.is_settled,
            chosen.customer_group,
            coalesce(
                lag(touchpoint_visits.channel) over (
                    partition by
                        touchpoint_visits.customer_id, touchpoint_visits.journey_number
                    order by touchpoint_visits.position
                ),
                '(start)'
            ) as previous_channel,
            lag(touchpoint_visits.occurred_us) over (
                partition by
                    touchpoint_visits.customer_id,
                    touchpoint_visits.journey_number,
                    touchpoint_visits.touchpoint
                order by touchpoint_visits.position
            ) as before_us,
            lead(touchpoint_visits.position) over (
                partition by
                    touchpoint_visits.customer_id,
                    touchpoint_visits.journey_number,
                    touchpoint_visits.touchpoint
                order by touchpoint_visits.position
            ) as again_position
        from touchpoint_visits
        join chosen on touchpoint_visits.customer_id = chosen.customer_id
    )

select
    come_by.customer_id,
    come_by.journey_number,
    come_by.position,
    come_by.touchpoint,
    come_by.stage,
    come_by.customer_group,
    come_by.before_us is null as is_first,
    -- Had again within seven days: a chat, call, mail, visit or post that did not do.
    come_by.channel in ('chat', 'email', 'phone', 'social', 'store')
    and touchpoints.initiator = 'customer'
    and coalesce(
        come_by.occurred_us - come_by.before_us <= 604800000000, false
    ) as is_repeat,
    come_by.again_position,
    come_by.occurred_us,
    journeys.status,
    case
        when come_by.step >= 32
        then '32'
        when come_by.step >= 16
        then '16'
        when come_by.step >= 8
        then '8'
        when come_by.step >= 4
        then '4'
        when come_by.step >= 2
        then '2'
        else '1'
    end
    || ', '
    || journeys.opening
    || ', '
    || come_by.previous_channel
    || ', '
    || cast(
        cast(
            floor(
                cast(parameters.as_of_us - come_by.occurred_us as double)
                / 2592000000000e0
            ) as bigint
        ) as varchar
    ) as stratum
from come_by
cross join parameters
join touchpoints on come_by.touchpoint = touchpoints.touchpoint
join
    journeys
    on come_by.customer_id = journeys.customer_id
    and come_by.journey_number = journeys.journey_number
where come_by.is_settled and touchpoints.outcome is null
