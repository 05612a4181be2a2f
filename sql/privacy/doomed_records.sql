-- doomed_records: the records of a batch in which events of the person landed, and what
-- is left of each.
-- Grain: one row per file_id, record_number with an event of the person.
-- Reads: batch_events, batch_revisions, doomed_events.
with
    versions as (
        select event.file_id, event.record_number, event.event_id, 1 as fate
        from batch_events as event
        union all
        select revision.file_id, revision.record_number, revision.event_id, 2 as fate
        from batch_revisions as revision
    )

select
    version.file_id,
    version.record_number,
    min(version.fate) as fate,
    min(version.fate) filter (where doomed.event_id is null) as fate_left,
    count(*) filter (
        where version.fate = 1 and doomed.event_id is not null
    ) as event_count
from versions as version
left join doomed_events as doomed on version.event_id = doomed.event_id
group by version.file_id, version.record_number
having count(doomed.event_id) > 0
