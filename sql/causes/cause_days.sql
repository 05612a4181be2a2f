-- cause_days: visits with each thing known of them on entry, by the day and by how far
-- their journeys had come.
-- Grain: one row per grain, name, factor, value, day_on, reached; without a value, all
-- visits of which that thing is known.
-- Reads: cause_factors, cause_properties, cause_visits.
with
    told as (
        select grain, name, day_on, reached, is_lost, factor, value
        from cause_factors
        union all
        select grain, name, day_on, reached, is_lost, factor, value
        from cause_properties
    ),

    counted as (
        select
            grain,
            name,
            factor,
            value,
            day_on,
            reached,
            count(*) as visit_count,
            sum(case when is_lost then 1 else 0 end) as lost_count
        from told
        group by grain, name, factor, value, day_on, reached
    ),

    -- Of every visit it is known what its journey had met; of other things a visit has
    -- one value at most.
    visited as (
        select
            grain,
            name,
            day_on,
            reached,
            count(*) as visit_count,
            sum(case when is_lost then 1 else 0 end) as lost_count
        from cause_visits
        group by grain, name, day_on, reached
    )

select grain, name, factor, value, day_on, reached, visit_count, lost_count
from counted
union all
select
    grain,
    name,
    factor,
    null as value,
    day_on,
    reached,
    sum(visit_count) as visit_count,
    sum(lost_count) as lost_count
from counted
where factor <> 'met before'
group by grain, name, factor, day_on, reached
union all
select
    grain,
    name,
    'met before' as factor,
    null as value,
    day_on,
    reached,
    visit_count,
    lost_count
from visited
