-- changed_quarantine: the refused records of a batch that name the person and still
-- have text.
-- Grain: one row per file_id, record_number.
-- Reads: batch_rows, doomed_records.
select refused.file_id, refused.record_number
from batch_rows as refused
left join
    doomed_records as record
    on refused.file_id = record.file_id
    and refused.record_number = record.record_number
where
    refused.reasons is distinct from getvariable('untold')
    and (
        record.file_id is not null
        or regexp_matches(
            concat_ws(chr(10), refused.raw, refused.reasons), getvariable('named'), 'i'
        )
    )
