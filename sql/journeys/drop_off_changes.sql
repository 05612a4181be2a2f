-- drop_off_changes: each week's drop-off of a touchpoint, channel and kind of device
-- against the same cell's share in all other weeks.
-- Grain: one row per touchpoint, channel, device_kind, week_on (a Monday, UTC).
-- Reads: drop_off_days.
with
    -- Weeks, not days: a cell of thirty visits a week is too thin to judge by the day.
    weekly as (
        select
            touchpoint,
            stage,
            channel,
            device_kind,
            cast(date_trunc('week', day_on) as date) as week_on,
            cast(sum(settled_count) as bigint) as settled_count,
            cast(sum(ended_count) as bigint) as ended_count
        from drop_off_days
        group by
            touchpoint,
            stage,
            channel,
            device_kind,
            cast(date_trunc('week', day_on) as date)
    ),

    other as (
        select
            *,
            cast(sum(settled_count) over cell as bigint)
            - settled_count as other_settled_count,
            cast(sum(ended_count) over cell as bigint)
            - ended_count as other_ended_count,
            -- Wilson's 95 % interval: z = 1.959963984540054.
            ended_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(ended_count * (settled_count - ended_count) as double)
                / settled_count
                + 0.960364705173531e0
            ) as reach,
            settled_count + 3.841458820694124e0 as scale
        from weekly
        window cell as (partition by touchpoint, channel, device_kind)
    ),

    compared as (
        select
            *,
            cast(ended_count as double) / settled_count as share,
            cast(other_ended_count as double)
            / nullif(other_settled_count, 0) as baseline_share,
            -- Both shares, as if nothing had changed.
            cast(ended_count + other_ended_count as double)
            / (settled_count + other_settled_count) as pooled_share,
            greatest(middle - reach, 0e0) / scale as share_low,
            least(middle + reach, scale) / scale as share_high
        from other
    ),

    -- Of each count x ln(x / n), whose sums are log likelihoods; 0 ln 0 is 0.
    weighed as (
        select
            *,
            ended_count * ln(greatest(share, 1e-300))
            + (settled_count - ended_count) * ln(greatest(1e0 - share, 1e-300))
            + other_ended_count * ln(greatest(baseline_share, 1e-300))
            + (other_settled_count - other_ended_count)
            * ln(greatest(1e0 - baseline_share, 1e-300)) as apart,
            (ended_count + other_ended_count) * ln(greatest(pooled_share, 1e-300))
            + (settled_count + other_settled_count - ended_count - other_ended_count)
            * ln(greatest(1e0 - pooled_share, 1e-300)) as alike
        from compared
    ),

    tested as (
        select
            *,
            ended_count - baseline_share * settled_count as excess_ended,
            (share_low - baseline_share) * settled_count as excess_ended_low,
            -- The signed root of the likelihood ratio (Wilks 1938): the difference over
            -- its standard error makes much of one loss where none is usual.
            case
                when
                    baseline_share is not null
                    and pooled_share > 0e0
                    and pooled_share < 1e0
                then
                    sqrt(2e0 * greatest(apart - alike, 0e0))
                    * case when share < baseline_share then -1e0 else 1e0 end
            end as z,
            -- Fewer than thirty visits on either side say nothing.
            settled_count >= 30
            and other_settled_count >= 30
            and share_low > baseline_share as is_raised
        from weighed
    )

select
    touchpoint,
    stage,
    channel,
    device_kind,
    week_on,
    settled_count,
    ended_count,
    share,
    share_low,
    share_high,
    baseline_share,
    excess_ended,
    excess_ended_low,
    z,
    case
        when is_raised
        then
            row_number() over (
                order by
                    case when is_raised then 0 else 1 end,
                    -- Customers lost for sure come first: a z may be high where hardly
                    -- anybody is.
                    excess_ended_low desc,
                    touchpoint,
                    channel,
                    device_kind,
                    week_on
            )
    end as rank
from tested
order by rank nulls last, touchpoint, channel, device_kind, week_on
