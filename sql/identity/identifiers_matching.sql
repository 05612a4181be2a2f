-- identifiers_matching: the values of one namespace that one pattern blocks.
-- Grain: one row per identifier_number.
-- Reads: identifiers_seen.
select identifier_number, getvariable('blocked_reason') as reason
from identifiers_seen
where
    namespace = getvariable('blocked_namespace')
    and regexp_full_match(value, getvariable('blocked_pattern'))
