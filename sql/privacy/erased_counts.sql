-- erased_counts: by how much the ledger of each file changes.
-- Grain: one row per file_id with a record of the person.
-- Reads: doomed_records.
select
    record.file_id,
    count(*) filter (
        where record.fate = 1 and record.fate_left is distinct from 1
    ) as landed_count,
    count(*) filter (where record.fate = 2 and record.fate_left is null)
    - count(*) filter (where record.fate = 1 and record.fate_left = 2) as revised_count,
    count(*) filter (where record.fate_left is null) as erased_count,
    cast(sum(record.event_count) as bigint) as event_count
from doomed_records as record
group by record.file_id
