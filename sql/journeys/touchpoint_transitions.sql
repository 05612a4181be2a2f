-- touchpoint_transitions: where journeys go from each touchpoint, and how soon.
-- Grain: one row per from_touchpoint, to_touchpoint; either may be an end: (open).
-- Reads: touchpoint_visits.
with
    steps as (
        select
            '(start)' as from_touchpoint,
            touchpoint as to_touchpoint,
            customer_id,
            cast(null as bigint) as wait_us,
            true as is_settled,
            is_uncertain
        from touchpoint_visits
        where is_first
        union all
        select
            touchpoint as from_touchpoint,
            case
                when exit in ('advanced', 'diverted')
                then next_touchpoint
                else '(' || exit || ')'
            end as to_touchpoint,
            customer_id,
            wait_us,
            is_settled,
            is_uncertain
        from touchpoint_visits
    ),

    counted as (
        select
            from_touchpoint,
            to_touchpoint,
            count(*) as transition_count,
            count(distinct customer_id) as customer_count,
            cast(
                sum(case when is_settled then 1 else 0 end) as bigint
            ) as settled_count,
            cast(
                sum(case when is_uncertain then 1 else 0 end) as bigint
            ) as uncertain_count,
            percentile_cont(0.25) within group (order by wait_us) as wait_us_p25,
            percentile_cont(0.5) within group (order by wait_us) as wait_us_p50,
            percentile_cont(0.9) within group (order by wait_us) as wait_us_p90
        from steps
        group by from_touchpoint, to_touchpoint
    ),

    -- An open end has settled nothing and has no share.
    shared as (
        select
            *,
            case when to_touchpoint <> '(open)' then settled_count end as chosen_count,
            nullif(
                cast(sum(settled_count) over (partition by from_touchpoint) as bigint),
                0
            ) as settled_total
        from counted
    )

select
    from_touchpoint,
    to_touchpoint,
    transition_count,
    customer_count,
    settled_count,
    cast(chosen_count as double) / settled_total as share,
    -- Wilson's 95 % interval: z = 1.959963984540054.
    greatest(
        chosen_count
        + 1.920729410347062e0
        - 1.959963984540054e0
        * sqrt(
            cast(chosen_count * (settled_total - chosen_count) as double)
            / settled_total
            + 0.960364705173531e0
        ),
        0e0
    )
    / (settled_total + 3.841458820694124e0) as share_low,
    least(
        (
            chosen_count
            + 1.920729410347062e0
            + 1.959963984540054e0
            * sqrt(
                cast(chosen_count * (settled_total - chosen_count) as double)
                / settled_total
                + 0.960364705173531e0
            )
        )
        / (settled_total + 3.841458820694124e0),
        1e0
    ) as share_high,
    wait_us_p25 / 3600000000e0 as wait_hours_p25,
    wait_us_p50 / 3600000000e0 as wait_hours_p50,
    wait_us_p90 / 3600000000e0 as wait_hours_p90,
    cast(uncertain_count as double) / transition_count as uncertain_share
from shared
order by from_touchpoint, to_touchpoint
