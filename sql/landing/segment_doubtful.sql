-- segment_doubtful: lines that the reader must look at.
-- Grain: one row per line.
-- Reads: raw_lines, segment_sure.
select raw.number, raw.line
from raw_lines as raw
anti join segment_sure as sure on raw.number = sure.number
order by raw.number
