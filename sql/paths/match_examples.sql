-- match_examples: a few of the journeys that fit a pattern, the newest first.
-- Grain: one row per customer_id, journey_number.
-- Reads: journey_paths, matched_journeys, touchpoint_visits.
with
    newest as (
        select
            journey_paths.customer_id,
            journey_paths.journey_number,
            journey_paths.started_at,
            journey_paths.status
        from journey_paths
        join
            matched_journeys
            on journey_paths.customer_id = matched_journeys.customer_id
            and journey_paths.journey_number = matched_journeys.journey_number
        order by started_at desc, customer_id, journey_number
        limit $example_count
    )

select
    newest.customer_id,
    newest.journey_number,
    newest.started_at,
    newest.status,
    string_agg(
        touchpoint_visits.touchpoint, ' > ' order by touchpoint_visits.step
    ) as path
from newest
join
    touchpoint_visits
    on newest.customer_id = touchpoint_visits.customer_id
    and newest.journey_number = touchpoint_visits.journey_number
group by newest.customer_id, newest.journey_number, newest.started_at, newest.status
order by started_at desc, customer_id, journey_number
