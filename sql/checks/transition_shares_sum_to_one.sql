-- Settled journeys left each place for somewhere, and only once.
with
    shares as (
        select 'stage' as grain, from_stage as name, share
        from stage_transitions
        union all
        select 'touchpoint' as grain, from_touchpoint as name, share
        from touchpoint_transitions
        union all
        select 'channel' as grain, from_channel as name, share
        from channel_transitions
        union all
        select 'owner' as grain, from_owner as name, share
        from owner_transitions
    ),

    summed as (
        select grain, name, sum(share) as share_sum
        from shares
        where share is not null
        group by grain, name
    )

select grain, name, share_sum
from summed
where abs(share_sum - 1) > 1e-9
