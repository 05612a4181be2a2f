-- drop_off_days: settled visits and lost journeys after each touchpoint, day by day.
-- Grain: one row per touchpoint, channel, device_kind, day_on (UTC).
-- Reads: touchpoint_visits.
select
    touchpoint,
    stage,
    channel,
    device_kind,
    cast(occurred_at as date) as day_on,
    count(*) as settled_count,
    cast(sum(case when exit = 'ended' then 1 else 0 end) as bigint) as ended_count
from touchpoint_visits
where is_settled
group by touchpoint, stage, channel, device_kind, cast(occurred_at as date)
order by touchpoint, channel, device_kind, day_on
