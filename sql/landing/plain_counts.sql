-- plain_counts: the plain events of each file; each is one record.
-- Grain: one row per file_id.
-- Reads: plain_events.
select plain.file_id, max(plain.record_number) as last_number, count(*) as event_count
from plain_events as plain
group by plain.file_id
