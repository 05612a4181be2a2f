-- hand_overs: who waits for whom: the customer for a department, or a department for
-- the customer, and for how long.
-- Grain: one row per waiting, from_owner, to_owner.
-- Reads: touchpoint_visits, touchpoints.
-- The customer waits where a touchpoint that they began is followed, in the same
-- journey, by one that the company began, whose owner is waited for; the company waits
-- the other way round, and its last touchpoint's owner is who waits. What has not been
-- followed yet is no wait that has a length, and is not counted.
with
    turns as (
        select
            case
                when touched.initiator = 'customer' then 'customer' else 'company'
            end as waiting,
            coalesce(touched.owner, '(nobody)') as from_owner,
            coalesce(answered.owner, '(nobody)') as to_owner,
            touchpoint_visits.customer_id,
            touchpoint_visits.wait_us
        from touchpoint_visits
        join touchpoints as touched on touchpoint_visits.touchpoint = touched.touchpoint
        join
            touchpoints as answered
            on touchpoint_visits.next_touchpoint = answered.touchpoint
        where touched.initiator <> answered.initiator
    )

select
    waiting,
    from_owner,
    to_owner,
    count(*) as hand_over_count,
    count(distinct customer_id) as customer_count,
    percentile_cont(0.25) within group (order by wait_us)
    / 3600000000e0 as wait_hours_p25,
    percentile_cont(0.5) within group (order by wait_us)
    / 3600000000e0 as wait_hours_p50,
    percentile_cont(0.9) within group (order by wait_us)
    / 3600000000e0 as wait_hours_p90,
    cast(cast(sum(wait_us) as bigint) as double) / 3600000000e0 as wait_hours_total
from turns
group by waiting, from_owner, to_owner
order by waiting, from_owner, to_owner
