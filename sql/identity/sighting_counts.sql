-- sighting_counts: which kinds of identifiers linkable events name, by source.
-- Grain: one row per namespace, source.
-- Reads: linkable_identifiers.
select namespace, source, count(*) as sighting_count
from linkable_identifiers
group by namespace, source
