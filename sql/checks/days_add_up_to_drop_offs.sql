-- Change points and interventions read the days, the pages read drop_offs.
with
    summed as (
        select
            touchpoint,
            cast(sum(settled_count) as bigint) as settled_count,
            cast(sum(ended_count) as bigint) as ended_count
        from drop_off_days
        group by touchpoint
    ),

    shown as (
        select name, settled_count, settled_ended_count
        from drop_offs
        where grain = 'touchpoint'
    )

select
    coalesce(shown.name, summed.touchpoint) as touchpoint,
    shown.settled_count,
    summed.settled_count as day_settled_count,
    shown.settled_ended_count,
    summed.ended_count as day_ended_count
from shown
full join summed on shown.name = summed.touchpoint
where
    coalesce(shown.settled_count, -1) <> coalesce(summed.settled_count, 0)
    or coalesce(shown.settled_ended_count, -1) <> coalesce(summed.ended_count, 0)
