-- channel_transitions: where journeys go from each channel, and how soon.
-- Grain: one row per from_channel, to_channel, which may be an end such as (open).
-- Reads: transitions.
select
    from_name as from_channel,
    to_name as to_channel,
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
where grain = 'channel'
order by from_channel, to_channel
