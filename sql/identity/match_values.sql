-- match_values: what is said of each customer found so far, one value an attribute.
-- Grain: one row per customer_id, attribute.
-- Reads: landed_attributes, landed_identifiers, stitched_identifiers, parameters,
-- machine_events.
with
    owners as (
        select
            landed_identifiers.event_id,
            stitched_identifiers.customer_id,
            row_number() over (
                partition by landed_identifiers.event_id
                order by stitched_identifiers.priority, stitched_identifiers.identifier
            ) as place
        from landed_identifiers
        join
            stitched_identifiers
            on landed_identifiers.namespace = stitched_identifiers.namespace
            and landed_identifiers.value = stitched_identifiers.value
        where
            stitched_identifiers.status = 'active'
            and not landed_identifiers.is_machine
            and landed_identifiers.role in ('actor', 'recipient', 'subject')
            and landed_identifiers.event_id in (select event_id from landed_attributes)
    ),

    said as (
        select
            owners.customer_id,
            landed_attributes.attribute,
            landed_attributes.value,
            count(*) as sighting_count,
            max(landed_attributes.occurred_at) as last_seen_at
        from landed_attributes
        join owners on landed_attributes.event_id = owners.event_id and owners.place = 1
        cross join parameters
        where
            landed_attributes.occurred_at <= parameters.as_of
            and landed_attributes.event_id not in (select event_id from machine_events)
        group by
            owners.customer_id, landed_attributes.attribute, landed_attributes.value
        union all
        select
            customer_id,
            namespace as attribute,
            value,
            event_count as sighting_count,
            last_seen_at
        from stitched_identifiers
        where status = 'active' and namespace in ('email', 'phone')
    ),

    -- What is said most often is misspelt least often.
    ranked as (
        select
            customer_id,
            attribute,
            value,
            row_number() over (
                partition by customer_id, attribute
                order by sighting_count desc, last_seen_at desc, value
            ) as place
        from said
    )

select customer_id, attribute, value
from ranked
where place = 1
order by customer_id, attribute
