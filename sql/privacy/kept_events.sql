-- kept_events: events of others, those that named the person as they read now.
-- Grain: one row per event_id, content_hash.
-- Reads: batch_rows, doomed_events, reworded_events.
select
    event.* replace (
        if(new.event_id is null, event.kind_raw, new.kind_raw) as kind_raw,
        if(new.event_id is null, event.label, new.label) as label,
        if(new.event_id is null, event.object_id, new.object_id) as object_id,
        if(new.event_id is null, event.text, new.text) as text,
        if(new.event_id is null, event.link, new.link) as link,
        if(new.event_id is null, event.properties, new.properties) as properties
    )
from batch_rows as event
anti join doomed_events as doomed on event.event_id = doomed.event_id
left join
    reworded_events as new
    on event.event_id = new.event_id
    and event.content_hash = new.content_hash
order by event.occurred_at, event.event_id, event.content_hash
