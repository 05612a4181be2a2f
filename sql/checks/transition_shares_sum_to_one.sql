-- Settled journeys left each place for somewhere, and only once.
with
    summed as (
        select grain, from_name as name, sum(share) as share_sum
        from named_transitions
        where share is not null
        group by grain, from_name
    )

select grain, name, share_sum
from summed
where abs(share_sum - 1) > 1e-9
