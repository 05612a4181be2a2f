-- source_numbers: sources as small numbers.
-- Grain: one row per source.
-- Reads: linkable_identifiers.
select source, cast(row_number() over (order by source) as integer) as source_number
from linkable_identifiers
group by source
