-- touchpoint_transitions: where journeys go from each touchpoint, and how soon.
-- Grain: one row per from_touchpoint, to_touchpoint; either may be an end: (open).
-- Reads: transitions.
select
    from_name as from_touchpoint,
    to_name as to_touchpoint,
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
where grain = 'touchpoint'
order by from_touchpoint, to_touchpoint
