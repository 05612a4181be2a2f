-- A learned stage has the events and visits of its stays, and no others.
with
    stays as (
        select
            learned_stage,
            count(*) as visit_count,
            cast(sum(event_count) as bigint) as event_count
        from learned_stage_visits
        group by learned_stage
    )

select
    coalesce(learned_stages.learned_stage, stays.learned_stage) as learned_stage,
    learned_stages.visit_count,
    stays.visit_count as stay_count,
    learned_stages.event_count,
    stays.event_count as stay_event_count
from learned_stages
full join stays on learned_stages.learned_stage = stays.learned_stage
where
    coalesce(learned_stages.visit_count, 0) <> coalesce(stays.visit_count, 0)
    or coalesce(learned_stages.event_count, 0) <> coalesce(stays.event_count, 0)
