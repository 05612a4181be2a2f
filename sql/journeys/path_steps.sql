-- path_steps: every step of every different way, with the five that follow it.
-- Grain: one row per way_number, step.
-- Reads: journey_paths, touchpoint_visits.
-- Ways are of touchpoints, one that follows itself counted once.
with
    ways as (
        select
            collapsed_codes as codes,
            count(*) as journey_count,
            cast(
                sum(case when is_settled then 1 else 0 end) as bigint
            ) as settled_count,
            cast(
                sum(
                    case when is_settled and status = 'completed' then 1 else 0 end
                ) as bigint
            ) as settled_completed_count
        from journey_paths
        group by collapsed_codes
    ),

    -- A number is a shorter key than a way of two hundred steps.
    numbered as (select *, row_number() over (order by codes) as way_number from ways),

    -- The numbers 1, 2, 3 and so on, up to the longest journey.
    steps as (select distinct step from touchpoint_visits)

select
    numbered.way_number,
    steps.step,
    substr(numbered.codes, steps.step, 6) as ahead,
    numbered.journey_count,
    numbered.settled_count,
    numbered.settled_completed_count
from numbered
join steps on steps.step <= length(numbered.codes)
