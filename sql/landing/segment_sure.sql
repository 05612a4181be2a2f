-- segment_sure: which lines of the block have become events.
-- Grain: one row per such line.
-- Reads: staged_events, segment_lines, feed_limits.
select staged.record_number as number
from staged_events as staged
where
    staged.file_id = (select feed_limits.file_id from feed_limits)
    and staged.event_ordinal
    between (select min(line.number) - 1099511627776 from segment_lines as line) and (
        select max(line.number) - 1099511627776 from segment_lines as line
    )
