-- path_ranks: every different way that journeys took, the commonest first.
-- Grain: one row per grain (stage or touchpoint, repeats collapsed), codes.
-- Reads: journey_paths.
with
    counted as (
        select 'stage' as grain, stage_codes as codes, count(*) as journey_count
        from journey_paths
        group by stage_codes
        union all
        select
            'touchpoint' as grain, collapsed_codes as codes, count(*) as journey_count
        from journey_paths
        group by collapsed_codes
    )

select
    grain,
    codes,
    journey_count,
    row_number() over (partition by grain order by journey_count desc, codes) as rank
from counted
