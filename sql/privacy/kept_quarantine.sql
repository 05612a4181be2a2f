-- kept_quarantine: refused records, those that name the person without their text.
-- Grain: that of the table.
-- Reads: batch_rows, doomed_records.
with
    judged as (
        select
            refused.*,
            regexp_matches(
                concat_ws(chr(10), refused.raw, refused.reasons),
                getvariable('named'),
                'i'
            )
            or record.file_id is not null as is_erased
        from batch_rows as refused
        left join
            doomed_records as record
            on refused.file_id = record.file_id
            and refused.record_number = record.record_number
    )

select
    judged.* exclude (is_erased) replace (
        if(judged.is_erased, '', judged.raw) as raw,
        if(judged.is_erased, getvariable('untold'), judged.reasons) as reasons
    )
from judged
order by judged.file_id, judged.record_number
