-- ngram_counts: runs of two to four touchpoints: how often, and in how many journeys.
-- Grain: one row per step_count (2, 3 or 4), codes.
-- Reads: path_steps.
with
    runs as (
        select
            path_steps.way_number,
            sizes.step_count,
            substr(path_steps.ahead, 1, sizes.step_count) as codes,
            count(*) as times,
            min(path_steps.journey_count) as journey_count,
            min(path_steps.settled_count) as settled_count,
            min(path_steps.settled_completed_count) as settled_completed_count
        from path_steps
        cross join (values (2), (3), (4)) as sizes(step_count)
        where length(path_steps.ahead) >= sizes.step_count
        group by
            path_steps.way_number,
            sizes.step_count,
            substr(path_steps.ahead, 1, sizes.step_count)
    )

select
    step_count,
    codes,
    cast(sum(times * journey_count) as bigint) as occurrence_count,
    cast(sum(journey_count) as bigint) as journey_count,
    cast(sum(settled_count) as bigint) as settled_count,
    cast(sum(settled_completed_count) as bigint) as settled_completed_count
from runs
group by step_count, codes
