-- drop_off_spans: from which day to which day a raised weekly drop-off really lasted.
-- Grain: one row per ranked row of drop_off_changes.
-- Reads: drop_off_changes, drop_off_days.
with
    counted as (
        select
            touchpoint,
            channel,
            device_kind,
            day_on,
            settled_count,
            ended_count,
            cast(sum(settled_count) over cell as bigint) as settled_so_far,
            cast(sum(ended_count) over cell as bigint) as ended_so_far
        from drop_off_days
        window
            cell as (
                partition by touchpoint, channel, device_kind
                order by day_on
                rows between unbounded preceding and current row
            )
    ),

    -- Of all runs of days near the week, the one that together lost most above the
    -- middle of the usual and the raised share.
    spans as (
        select
            raised.rank,
            first.day_on as from_on,
            last.day_on as to_on,
            last.settled_so_far
            - first.settled_so_far
            + first.settled_count as settled_count,
            last.ended_so_far - first.ended_so_far + first.ended_count as ended_count,
            (raised.share + raised.baseline_share) / 2e0 as middle_share
        from drop_off_changes as raised
        join
            counted as first
            on raised.touchpoint = first.touchpoint
            and raised.channel = first.channel
            and raised.device_kind is not distinct from first.device_kind
            and first.day_on between raised.week_on + (-21) and raised.week_on + 6
        join
            counted as last
            on first.touchpoint = last.touchpoint
            and first.channel = last.channel
            and first.device_kind is not distinct from last.device_kind
            and last.day_on between raised.week_on and raised.week_on + 27
            and last.day_on >= first.day_on
        where raised.rank is not null
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by rank
                order by ended_count - middle_share * settled_count desc, from_on, to_on
            ) as place
        from spans
    )

select
    raised.rank,
    raised.touchpoint,
    raised.stage,
    raised.channel,
    raised.device_kind,
    raised.week_on,
    placed.from_on,
    placed.to_on,
    placed.settled_count,
    placed.ended_count,
    cast(placed.ended_count as double) / placed.settled_count as share,
    raised.baseline_share
from drop_off_changes as raised
join placed on raised.rank = placed.rank and placed.place = 1
order by raised.rank
