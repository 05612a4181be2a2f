-- moment_experiences: visits to each touchpoint by how they went: bad, good or neither.
-- Grain: one row per touchpoint, stratum, customer_group, arm (bad, good or neutral).
-- Reads: felt_voices, moment_visits.
-- Bad: the customer said something bad there within a day, or it is had again within
-- seven days. Good: nothing bad, and something good was said. Neutral: nothing was
-- said, or neither.
with
    heard as (
        select
            moment_visits.customer_id,
            moment_visits.position,
            max(case when felt_voices.mood = 'bad' then 1 else 0 end) as is_bad,
            max(case when felt_voices.mood = 'good' then 1 else 0 end) as is_good
        from moment_visits
        join
            felt_voices
            on moment_visits.customer_id = felt_voices.customer_id
            and moment_visits.touchpoint = felt_voices.touchpoint
            and moment_visits.position <= felt_voices.position
            and felt_voices.position
            < coalesce(moment_visits.again_position, 9223372036854775807)
            and epoch_us(felt_voices.occurred_at) - moment_visits.occurred_us
            <= 86400000000
        group by moment_visits.customer_id, moment_visits.position
    ),

    armed as (
        select
            moment_visits.touchpoint,
            moment_visits.stratum,
            moment_visits.customer_group,
            case
                when moment_visits.is_repeat or heard.is_bad = 1
                then 'bad'
                when heard.is_good = 1
                then 'good'
                else 'neutral'
            end as arm,
            moment_visits.status
        from moment_visits
        -- Most visits pass without a word.
        left join
            heard
            on moment_visits.customer_id = heard.customer_id
            and moment_visits.position = heard.position
        where moment_visits.status <> 'open'
    )

select
    touchpoint,
    stratum,
    customer_group,
    arm,
    count(*) as visit_count,
    cast(
        sum(case when status = 'completed' then 1 else 0 end) as bigint
    ) as completed_count
from armed
group by touchpoint, stratum, customer_group, arm
order by touchpoint, stratum, customer_group, arm
