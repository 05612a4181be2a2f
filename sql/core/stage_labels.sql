-- stage_labels: what a CRM last called each stage of its deals and tickets.
-- Grain: one row per source, object_kind, object_id.
-- Reads: landed_events.
with
    -- A label and its instant make the event's id, so revisions could say nothing else.
    told as (
        select
            source,
            object_kind,
            object_id,
            label,
            row_number() over (
                partition by source, object_kind, object_id
                order by occurred_at desc, event_id
            ) as recency
        from landed_events
        where kind = 'stage_labelled'
    )

select source, object_kind, object_id, label
from told
where recency = 1
order by source, object_kind, object_id
