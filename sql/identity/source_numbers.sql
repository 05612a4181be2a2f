-- source_numbers: sources as small numbers.
-- Grain: one row per source.
-- Reads: sighting_counts.
select source, cast(row_number() over (order by source) as integer) as source_number
from sighting_counts
group by source
