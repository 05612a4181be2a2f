-- naming_events: events of others whose words name the person.
-- Grain: one row per event_id, content_hash.
-- Reads: batch_rows, doomed_events.
select
    event.event_id,
    event.content_hash,
    event.kind_raw,
    event.label,
    event.object_id,
    event.text,
    event.link,
    event.properties
from batch_rows as event
anti join doomed_events as doomed on event.event_id = doomed.event_id
where
    regexp_matches(
        concat_ws(
            chr(10),
            event.kind_raw,
            event.label,
            event.object_id,
            event.text,
            event.link,
            event.properties
        ),
        getvariable('named'),
        'i'
    )
