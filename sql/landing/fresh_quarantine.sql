-- fresh_quarantine: refused records with their own text and the reasons.
-- Grain: one row per file_id, record_number.
-- Reads: staged_refused.
select
    refused.file_id,
    regexp_replace(refused.file_id, '-[0-9a-f]{20}$', '', 'g') as source,
    refused.record_number,
    min(refused.raw) as raw,
    string_agg(distinct refused.reasons, '; ' order by refused.reasons) as reasons
from staged_refused as refused
group by refused.file_id, refused.record_number
order by refused.file_id, refused.record_number
