-- file_counts: the accounting equation of each file.
-- Grain: one row per file_id.
-- Reads: record_fates.
select
    fates.file_id,
    -- Every record has a number from 1 on: a reader that skips one is found out here.
    max(fates.record_number) as record_count,
    count(*) filter (where fates.fate = 'landed') as landed_count,
    count(*) filter (where fates.fate in ('revised', 'repeated')) as duplicate_count,
    count(*) filter (where fates.fate = 'revised') as revised_count,
    count(*) filter (where fates.fate = 'quarantined') as quarantined_count,
    count(*) filter (where fates.fate = 'ignored') as ignored_count,
    cast(sum(fates.event_count) as bigint) as event_count
from record_fates as fates
group by fates.file_id
