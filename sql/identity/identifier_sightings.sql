-- identifier_sightings: every identifier that a linkable event names.
-- Grain: one row per namespace, value.
-- Reads: linkable_identifiers.
select
    namespace,
    value,
    -- A number joins in half the time that two words take. Should two identifiers have
    -- one, the salt is changed until none have.
    hash(namespace, value, getvariable('identifier_salt')) as identifier_key,
    min(night) as night,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(*) as sighting_count
from linkable_identifiers
group by namespace, value
