-- named_transitions: the transitions of every grain in one form.
-- Grain: one row per grain, from_name, to_name, which may be an end such as (open).
-- Reads: channel_transitions, owner_transitions, stage_transitions,
-- touchpoint_transitions.
-- Kept as a view: it is what is published of each grain, under other names.
select
    'stage' as grain,
    from_stage as from_name,
    to_stage as to_name,
    transition_count,
    customer_count,
    settled_count,
    share,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share
from stage_transitions
union all
select
    'touchpoint' as grain,
    from_touchpoint as from_name,
    to_touchpoint as to_name,
    transition_count,
    customer_count,
    settled_count,
    share,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share
from touchpoint_transitions
union all
select
    'channel' as grain,
    from_channel as from_name,
    to_channel as to_name,
    transition_count,
    customer_count,
    settled_count,
    share,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share
from channel_transitions
union all
select
    'owner' as grain,
    from_owner as from_name,
    to_owner as to_name,
    transition_count,
    customer_count,
    settled_count,
    share,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share
from owner_transitions
