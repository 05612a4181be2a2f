-- files: the ledger: every file landed and what became of its records.
-- Grain: one row per file_id.
-- Reads: landed_files.
select
    landed_files.file_id,
    landed_files.source,
    landed_files.path,
    landed_files.byte_count,
    landed_files.record_count,
    landed_files.landed_count,
    landed_files.duplicate_count,
    landed_files.revised_count,
    landed_files.quarantined_count,
    landed_files.ignored_count,
    landed_files.event_count,
    landed_files.ignored_rules,
    landed_files.batch_id,
    landed_files.landed_at,
    landed_files.night,
    landed_files.is_backfill
from landed_files
order by landed_files.source, landed_files.path, landed_files.file_id
