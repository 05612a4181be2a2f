-- owner_transitions: who hands journeys over to whom, and how soon.
-- Grain: one row per from_owner, to_owner, which may be an end such as (open).
-- Reads: transitions.
select
    from_name as from_owner,
    to_name as to_owner,
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
where grain = 'owner'
order by from_owner, to_owner
