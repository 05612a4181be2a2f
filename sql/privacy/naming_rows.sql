-- naming_rows: how many rows of a table name the person in clear.
-- Grain: one row.
-- Reads: searched.
select count(*) as row_count
from searched
where regexp_matches(cast(searched as varchar), getvariable('named'), 'i')
