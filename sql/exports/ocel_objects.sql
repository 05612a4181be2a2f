-- ocel_objects: customers, their journeys, and what their touchpoints were about.
-- Grain: one row per object_type, object_id.
-- Reads: events, journeys.
with
    objects as (
        select
            'journey' as object_type,
            'journey:' || customer_id || '/' || journey_number as object_id,
            status,
            started_at,
            'customer:' || customer_id as belongs_to
        from journeys
        union all
        select distinct
            'customer' as object_type,
            'customer:' || customer_id as object_id,
            cast(null as varchar) as status,
            cast(null as timestamp) as started_at,
            cast(null as varchar) as belongs_to
        from journeys
        union all
        select distinct
            object_kind as object_type,
            object_kind || ':' || source || ':' || object_id as object_id,
            cast(null as varchar) as status,
            cast(null as timestamp) as started_at,
            cast(null as varchar) as belongs_to
        from events
        where
            journey_number is not null
            and object_kind is not null
            and object_id is not null
    )

select object_type, object_id, status, started_at, belongs_to
from objects
order by object_type, object_id
