-- identifier_sightings: every identifier that a linkable event names.
-- Grain: one row per namespace, value.
-- Reads: linkable_identifiers.
select
    namespace,
    value,
    min(night) as night,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(*) as sighting_count
from linkable_identifiers
group by namespace, value
