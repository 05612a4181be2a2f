-- moment_meetings: first meetings of a touchpoint, and meetings of others of its stage
-- in journeys that had not met it by then.
-- Grain: one row per touchpoint, stratum, customer_group, arm (met or other).
-- Reads: moment_visits, touchpoints.
-- A journey that meets the touchpoint later is in the other arm until then, so nobody
-- is in an arm for having gone on long enough. Journeys still open count in no share.
with
    firsts as (
        select
            customer_id,
            journey_number,
            position,
            touchpoint,
            stage,
            customer_group,
            stratum,
            status
        from moment_visits
        where is_first
    ),

    others as (
        select rivals.touchpoint, firsts.stratum, firsts.customer_group, firsts.status
        from firsts
        join
            touchpoints as rivals
            on firsts.stage = rivals.stage
            and firsts.touchpoint <> rivals.touchpoint
            and rivals.outcome is null
        left join
            firsts as met
            on firsts.customer_id = met.customer_id
            and firsts.journey_number = met.journey_number
            and rivals.touchpoint = met.touchpoint
            and met.position < firsts.position
        where met.position is null
    ),

    armed as (
        select touchpoint, stratum, customer_group, 'met' as arm, status
        from firsts
        union all
        select touchpoint, stratum, customer_group, 'other' as arm, status
        from others
    )

select
    touchpoint,
    stratum,
    customer_group,
    arm,
    cast(sum(case when status <> 'open' then 1 else 0 end) as bigint) as visit_count,
    cast(
        sum(case when status = 'completed' then 1 else 0 end) as bigint
    ) as completed_count,
    cast(sum(case when status = 'open' then 1 else 0 end) as bigint) as open_count
from armed
group by touchpoint, stratum, customer_group, arm
order by touchpoint, stratum, customer_group, arm
