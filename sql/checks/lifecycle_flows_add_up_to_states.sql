-- A customer is in one state a period: all who were in any state go on to one, and the
-- next period has them and those who are new.
with
    totals as (
        select
            activity,
            period,
            period_on,
            cast(sum(customer_count) as bigint) as customer_count,
            cast(
                sum(
                    case when from_state = '(none)' then customer_count else 0 end
                ) as bigint
            ) as new_count
        from lifecycle_flows
        group by activity, period, period_on
    ),

    followed as (
        select
            *,
            lag(customer_count) over (
                partition by activity, period order by period_on
            ) as earlier_count
        from totals
    )

select activity, period, period_on, customer_count, new_count, earlier_count
from followed
where customer_count <> new_count + coalesce(earlier_count, 0)
