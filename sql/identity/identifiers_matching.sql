-- identifiers_matching: the values of one namespace that one pattern blocks.
-- Grain: one row per namespace, value.
-- Reads: identifier_sightings.
select namespace, value, getvariable('blocked_reason') as reason
from identifier_sightings
where
    namespace = getvariable('blocked_namespace')
    and regexp_full_match(value, getvariable('blocked_pattern'))
