-- ignored_rules: how many records of a file each rule left out.
-- Grain: one row per file_id, rule.
-- Reads: record_fates.
select fates.file_id, fates.rule, count(*) as record_count
from record_fates as fates
where fates.fate = 'ignored'
group by fates.file_id, fates.rule
order by fates.file_id, fates.rule
