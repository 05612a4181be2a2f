-- blocked_identifiers: values that name nobody, whatever the namespace.
-- Grain: one row per identifier_number, reason.
-- Reads: identifiers_seen, blocked_values.
select identifiers_seen.identifier_number, blocked_values.reason
from identifiers_seen
join blocked_values on lower(identifiers_seen.value) = blocked_values.value
union all
select identifier_number, 'only zeros and dashes' as reason
from identifiers_seen
where trim(value, '-0 ') = ''
