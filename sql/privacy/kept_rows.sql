-- kept_rows: the rows of a table that do not name the person anywhere.
-- Grain: that of the table.
-- Reads: batch_rows.
select batch_rows.*
from batch_rows
where not regexp_matches(cast(batch_rows as varchar), getvariable('named'), 'i')
order by all
