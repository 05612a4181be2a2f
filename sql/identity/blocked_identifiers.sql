-- blocked_identifiers: values that name nobody, whatever the namespace.
-- Grain: one row per identifier_key, reason.
-- Reads: identifier_sightings, blocked_values.
select identifier_sightings.identifier_key, blocked_values.reason
from identifier_sightings
join blocked_values on lower(identifier_sightings.value) = blocked_values.value
-- Most identifiers are longer than any of these, and lower case is dear.
where
    length(identifier_sightings.value)
    <= (select max(length(value)) from blocked_values)
union all
select identifier_key, 'only zeros and dashes' as reason
from identifier_sightings
-- The blank, the dash and the zero come before the one.
where value < '1' and trim(value, '-0 ') = ''
