-- plain_kept_rows: a table of plain events without those erased.
-- Grain: that of the table.
-- Reads: plain_rows, plain_erased_events.
select plain.*
from plain_rows as plain
anti join plain_erased_events as erased on plain.event_id = erased.event_id
order by all
