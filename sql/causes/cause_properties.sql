-- cause_properties: what the first event of a visit said of itself, property by
-- property.
-- Grain: one row per grain, customer_id, position, property.
-- Reads: cause_property_keys, cause_visits, known_events, ordered_events.
with
    told as (
        select
            cause_visits.grain,
            cause_visits.name,
            cause_visits.customer_id,
            cause_visits.day_on,
            cause_visits.reached,
            cause_visits.is_lost,
            cause_property_keys.property,
            json_extract_string(
                known_events.properties, '$."' || cause_property_keys.property || '"'
            ) as value
        from cause_visits
        join
            ordered_events
            on cause_visits.customer_id = ordered_events.customer_id
            and cause_visits.position = ordered_events.position
        join known_events on ordered_events.event_key = known_events.event_key
        cross join cause_property_keys
        where length(known_events.properties) > 2
    )

select
    grain,
    name,
    customer_id,
    day_on,
    reached,
    is_lost,
    'property ' || property as factor,
    value
from told
where value is not null
