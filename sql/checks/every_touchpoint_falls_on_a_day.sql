-- A gap between days of the company's time zone would swallow what happened in it.
select days.touch_count, events.event_count
from
    (
        select cast(sum(touch_count) as bigint) as touch_count from touchpoint_days
    ) as days
cross join (select count(*) as event_count from journey_events) as events
where coalesce(days.touch_count, 0) <> events.event_count
