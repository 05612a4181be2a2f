-- segment_stray_lines: calls with white space or seldom keys. A table of its own, or
-- the
-- conditions of segment_strays would be tried on every line.
-- Grain: one row per such line.
-- Reads: segment_lines, raw_lines.
select number, line
from raw_lines
where number in (select number from segment_lines where not is_whole and is_plain)
