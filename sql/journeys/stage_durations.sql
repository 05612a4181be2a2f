-- stage_durations: how long visits to each stage lasted until what was known of them.
-- Grain: one row per stage, exit, stay_minutes.
-- Reads: journeys, parameters, stage_visits.
-- Kept as a view: it is read once.
-- A visit that advanced or was diverted lasted until the next stage was entered; one
-- that a decision closed, until the decision. That a silent one has ended is known
-- only when the dormancy limit is over, and it lasted until then: so at as_of each
-- visit is either over or open for a time that says nothing of how it will end.
with
    timed as (
        select
            stage_visits.stage,
            stage_visits.exit,
            case
                when stage_visits.exit in ('advanced', 'diverted')
                then epoch_us(stage_visits.left_at)
                when stage_visits.exit = 'open'
                then parameters.as_of_us
                when journeys.outcome_touchpoint is not null
                then epoch_us(journeys.last_sign_at)
                else epoch_us(journeys.last_sign_at) + parameters.dormancy_us
            end
            - epoch_us(stage_visits.entered_at) as stay_us
        from stage_visits
        join
            journeys
            on stage_visits.customer_id = journeys.customer_id
            and stage_visits.journey_number = journeys.journey_number
        cross join parameters
    )

select
    stage,
    exit,
    cast(floor(cast(stay_us as double) / 60000000e0) as bigint) as stay_minutes,
    count(*) as visit_count
from timed
group by stage, exit, cast(floor(cast(stay_us as double) / 60000000e0) as bigint)
