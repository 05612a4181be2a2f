-- identifiers_matching: the values that a pattern of their namespace blocks.
-- Grain: one row per identifier_number.
-- Reads: identifiers_seen.
select identifier_number, getvariable('blocked_reason') as reason
from identifiers_seen
where regexp_full_match(value, getvariable('blocked_pattern'))
