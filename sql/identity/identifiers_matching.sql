-- identifiers_matching: the values of one namespace that one pattern blocks.
-- Grain: one row per identifier_key.
-- Reads: identifier_sightings.
select identifier_key, getvariable('blocked_reason') as reason
from identifier_sightings
where
    namespace = getvariable('blocked_namespace')
    and regexp_full_match(value, getvariable('blocked_pattern'))
