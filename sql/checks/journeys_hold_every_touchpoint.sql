-- Journeys and visits are cut from the same touchpoints.
select
    travelled.touchpoint_count,
    touched.event_count,
    travelled.staged_count,
    visited.visit_count
from
    (
        select
            coalesce(cast(sum(touchpoint_count) as bigint), 0) as touchpoint_count,
            coalesce(cast(sum(staged_count) as bigint), 0) as staged_count
        from journeys
    ) as travelled
cross join
    (
        select count(*) as event_count
        from journey_events
        where journey_number is not null
    ) as touched
cross join (select count(*) as visit_count from touchpoint_visits) as visited
where
    travelled.touchpoint_count <> touched.event_count
    or travelled.staged_count <> visited.visit_count
