-- transitions: where journeys go from each stage, touchpoint, channel and owner, how
-- often and how soon.
-- Grain: one row per grain, from_name, to_name, which may be an end such as (open).
-- Reads: transition_steps.
-- Kept as a view: whoever reads one grain has only that one's waits in memory.
with
    counted as (
        select
            grain,
            from_name,
            to_name,
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
        from transition_steps
        group by grain, from_name, to_name
    ),

    -- An open end has settled nothing and has no share.
    shared as (
        select
            *,
            case when to_name <> '(open)' then settled_count end as part_count,
            nullif(
                cast(sum(settled_count) over (partition by grain, from_name) as bigint),
                0
            ) as whole_count
        from counted
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            part_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(part_count * (whole_count - part_count) as double) / whole_count
                + 0.960364705173531e0
            ) as reach,
            -- Where there is no share there is no interval.
            case when part_count is not null then whole_count end
            + 3.841458820694124e0 as scale
        from shared
    )

select
    grain,
    from_name,
    to_name,
    transition_count,
    customer_count,
    settled_count,
    cast(part_count as double) / whole_count as share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    wait_us_p25 / 3600000000e0 as wait_hours_p25,
    wait_us_p50 / 3600000000e0 as wait_hours_p50,
    wait_us_p90 / 3600000000e0 as wait_hours_p90,
    cast(uncertain_count as double) / transition_count as uncertain_share
from bounded
