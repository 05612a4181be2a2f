-- cause_property_keys: which properties of events have few enough values to compare.
-- Grain: one row per property.
-- Reads: cause_visits, known_events, ordered_events.
with
    told as (
        select
            cause_visits.customer_id,
            unnest(json_keys(known_events.properties)) as property,
            known_events.properties
        from cause_visits
        join
            ordered_events
            on cause_visits.customer_id = ordered_events.customer_id
            and cause_visits.position = ordered_events.position
        join known_events on ordered_events.event_key = known_events.event_key
        where
            cause_visits.grain = 'touchpoint'
            and length(known_events.properties) > 2
            and json_type(known_events.properties) = 'OBJECT'
    ),

    valued as (
        select
            property,
            customer_id,
            json_extract_string(properties, '$."' || property || '"') as value
        from told
        where
            strpos(property, '"') = 0
            and json_type(properties, '$."' || property || '"')
            not in ('OBJECT', 'ARRAY', 'NULL')
    )

select property
from valued
group by property
having
    count(distinct value) between 2 and getvariable('most_values')
    and count(distinct customer_id) >= getvariable('least_customers')
order by property
