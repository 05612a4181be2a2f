-- stage_transitions: where journeys go from each stage, how often and how soon.
-- Grain: one row per from_stage, to_stage, which may be an end such as (open).
-- Reads: transitions.
select
    from_name as from_stage,
    to_name as to_stage,
    transition_count,
    customer_count,
    settled_count,
    share,
    share_low,
    share_high,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share
from transitions
where grain = 'stage'
order by from_stage, to_stage
