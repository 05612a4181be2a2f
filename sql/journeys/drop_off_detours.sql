-- drop_off_detours: where customers went instead of further along from each stage.
-- Grain: one row per stage, detour, to_stage.
-- Reads: journeys, stage_visits, touchpoints.
-- A detour is `diverted`: the same journey went on in an earlier stage; or `returned`:
-- the journey ended there, and the customer's next one began in a stage, in
-- (elsewhere), which is no stage, or has begun in (none yet). Settled visits alone are
-- counted.
with
    settled as (
        select
            stage_visits.stage,
            stage_visits.exit,
            stage_visits.next_stage,
            journeys.customer_id,
            journeys.journey_number,
            journeys.status
        from stage_visits
        join
            journeys
            on stage_visits.customer_id = journeys.customer_id
            and stage_visits.journey_number = journeys.journey_number
        where stage_visits.is_settled
    ),

    totals as (select stage, count(*) as settled_count from settled group by stage),

    detours as (
        select
            settled.stage,
            case
                when settled.exit = 'diverted' then 'diverted' else 'returned'
            end as detour,
            case
                when settled.exit = 'diverted'
                then settled.next_stage
                when later.customer_id is null
                then '(none yet)'
                else coalesce(touchpoints.stage, '(elsewhere)')
            end as to_stage,
            settled.customer_id,
            case
                when settled.exit = 'diverted' then settled.status else later.status
            end as status
        from settled
        left join
            journeys as later
            on settled.customer_id = later.customer_id
            and settled.journey_number + 1 = later.journey_number
        left join touchpoints on later.first_touchpoint = touchpoints.touchpoint
        where settled.exit in ('diverted', 'ended')
    ),

    counted as (
        select
            stage,
            detour,
            to_stage,
            count(*) as visit_count,
            count(distinct customer_id) as customer_count,
            cast(
                sum(case when status = 'completed' then 1 else 0 end) as bigint
            ) as completed_count
        from detours
        group by stage, detour, to_stage
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            counted.stage,
            counted.detour,
            counted.to_stage,
            counted.visit_count,
            counted.customer_count,
            counted.completed_count,
            totals.settled_count,
            counted.visit_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    counted.visit_count
                    * (totals.settled_count - counted.visit_count) as double
                )
                / totals.settled_count
                + 0.960364705173531e0
            ) as reach,
            totals.settled_count + 3.841458820694124e0 as scale
        from counted
        join totals on counted.stage = totals.stage
    )

select
    stage,
    detour,
    to_stage,
    visit_count,
    customer_count,
    settled_count,
    cast(visit_count as double) / settled_count as share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    completed_count
from bounded
order by stage, detour, visit_count desc, to_stage
