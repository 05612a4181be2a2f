-- The funnels that analysts ask are counted from the same events as the tables.
with
    met as (
        select touchpoint, customer_count
        from touchpoint_measures
        -- Where a name has a stroke in it, a funnel reads two names.
        where strpos(touchpoint, '|') = 0
        order by customer_count desc, touchpoint
        limit 1
    ),

    reached as (
        select reached_count
        from
            funnel(
                [
                    (
                        select touchpoint
                        from touchpoint_measures
                        where strpos(touchpoint, '|') = 0
                        order by customer_count desc, touchpoint
                        limit 1
                    )
                ],
                named := 'touchpoint',
                window_days := null
            )
    )

select met.touchpoint, met.customer_count, reached.reached_count
from met
left join reached on true
where met.customer_count <> coalesce(reached.reached_count, 0)
