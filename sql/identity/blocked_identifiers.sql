-- blocked_identifiers: values that name nobody, whatever the namespace.
-- Grain: one row per namespace, value.
-- Reads: identifier_sightings, blocked_values.
select identifier_sightings.namespace, identifier_sightings.value, blocked_values.reason
from identifier_sightings
join blocked_values on lower(identifier_sightings.value) = blocked_values.value
union all
select namespace, value, 'only zeros and dashes' as reason
from identifier_sightings
where trim(value, '-0 ') = ''
