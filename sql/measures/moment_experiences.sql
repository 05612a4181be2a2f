-- moment_experiences: visits to each touchpoint by how they went: bad, good or neither.
-- Grain: one row per touchpoint, stratum, customer_group, arm (bad, good or neutral).
-- Reads: moment_visits, voices.
-- Bad: what the customer said there within a day has a sentiment of -0.3 or less, an
-- NPS of 6 or less or a CSAT of 2 or less; or it is had again within seven days. Good:
-- nothing bad, and a sentiment of 0.3 or more, an NPS of 9 or more or a CSAT of 4 or
-- more. Neutral: nothing was said, or neither. CES takes no part: whether much of it
-- is good depends on how the question was put.
with
    felt as (
        select
            customer_id,
            position,
            touchpoint,
            epoch_us(occurred_at) as occurred_us,
            case
                when
                    measure = 'sentiment'
                    and score <= -0.3e0
                    or measure = 'nps'
                    and score <= 6
                    or measure = 'csat'
                    and score <= 2
                then 1
                else 0
            end as is_bad,
            case
                when
                    measure = 'sentiment'
                    and score >= 0.3e0
                    or measure = 'nps'
                    and score >= 9
                    or measure = 'csat'
                    and score >= 4
                then 1
                else 0
            end as is_good
        from voices
        where touchpoint is not null
    ),

    heard as (
        select
            moment_visits.customer_id,
            moment_visits.position,
            max(felt.is_bad) as is_bad,
            max(felt.is_good) as is_good
        from moment_visits
        join
            felt
            on moment_visits.customer_id = felt.customer_id
            and moment_visits.touchpoint = felt.touchpoint
            and moment_visits.position <= felt.position
            and felt.position
            < coalesce(moment_visits.again_position, 9223372036854775807)
            and felt.occurred_us - moment_visits.occurred_us <= 86400000000
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
