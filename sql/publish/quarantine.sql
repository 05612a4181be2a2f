-- quarantine: refused records; their text stays in the lake, its length and the
-- reasons are here.
-- Grain: one row per file_id, record_number.
-- Reads: landed_files, landed_quarantine.
select
    landed_quarantine.file_id,
    landed_quarantine.source,
    landed_files.path,
    landed_quarantine.record_number,
    length(landed_quarantine.raw) as raw_length,
    regexp_replace(
        landed_quarantine.reasons, '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+', '[email]', 'g'
    ) as reasons
from landed_quarantine
left join landed_files on landed_quarantine.file_id = landed_files.file_id
order by landed_quarantine.file_id, landed_quarantine.record_number
