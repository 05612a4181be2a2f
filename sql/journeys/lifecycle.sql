-- lifecycle: how many customers were new, current, at risk, dormant and returning.
-- Grain: one row per activity, period (week or month), period_on, state.
-- Reads: lifecycle_flows, parameters.
-- From their first activity on, a customer is in exactly one state in each period.
-- Active
-- in it: new (their first ever), returning (silent longer than the dormancy limit
-- before
-- their first activity in it) or current (neither). Not active in it: at risk (silent
-- no
-- longer than that limit at its end) or dormant (longer). The limit is that of
-- journeys,
-- dormancy_days; activity is any or value as in activity_days. Only weeks (from Monday)
-- and months of the company's time zone that were over at as_of are there.
with
    counted as (
        select
            activity,
            period,
            period_on,
            to_state as state,
            cast(sum(customer_count) as bigint) as customer_count
        from lifecycle_flows
        group by activity, period, period_on, to_state
    )

select
    counted.activity,
    counted.period,
    counted.period_on,
    counted.state,
    counted.customer_count,
    cast(counted.customer_count as double) / cast(
        sum(counted.customer_count) over (
            partition by counted.activity, counted.period, counted.period_on
        ) as bigint
    ) as customer_share,
    cast(parameters.dormancy_us as double) / 86400000000e0 as dormancy_days
from counted
cross join parameters
order by activity, period, period_on, state
