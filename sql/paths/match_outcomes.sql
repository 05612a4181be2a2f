-- match_outcomes: how journeys that fit a pattern end, beside those that do not.
-- Grain: one row per is_match.
-- Reads: journey_paths, matched_journeys.
-- Shares are of settled journeys, as in the table paths.
with
    parted as (
        select
            matched_journeys.customer_id is not null as is_match,
            journey_paths.customer_id,
            journey_paths.status,
            journey_paths.is_settled,
            journey_paths.duration_days
        from journey_paths
        -- Most journeys do not fit.
        left join
            matched_journeys
            on journey_paths.customer_id = matched_journeys.customer_id
            and journey_paths.journey_number = matched_journeys.journey_number
    ),

    counted as (
        select
            is_match,
            count(*) as journey_count,
            count(distinct customer_id) as customer_count,
            count(*) filter (status = 'completed') as completed,
            count(*) filter (status = 'ended') as ended,
            count(*) filter (status = 'open') as open,
            count(*) filter (is_settled) as settled_count,
            count(*) filter (
                is_settled and status = 'completed'
            ) as settled_completed_count,
            percentile_cont(0.5) within group (
                order by duration_days
            ) as duration_days_p50
        from parted
        group by is_match
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            nullif(settled_count, 0) as settled_total,
            settled_completed_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                settled_completed_count
                * (settled_count - settled_completed_count)
                / nullif(settled_count, 0)
                + 0.960364705173531e0
            ) as reach,
            nullif(settled_count, 0) + 3.841458820694124e0 as scale
        from counted
    )

select
    is_match,
    journey_count,
    customer_count,
    journey_count / sum(journey_count) over () as journey_share,
    completed,
    ended,
    open,
    settled_count,
    settled_completed_count,
    settled_completed_count / settled_total as completed_share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    duration_days_p50
from bounded
order by is_match desc
