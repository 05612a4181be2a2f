-- blocked_identifiers: values that name nobody, whatever the namespace.
-- Grain: one row per identifier_number, reason.
-- Reads: identifiers_seen, blocked_values.
select identifiers_seen.identifier_number, blocked_values.reason
from identifiers_seen
join blocked_values on lower(identifiers_seen.value) = blocked_values.value
-- Most identifiers are longer than any of these, and lower case is dear.
where length(identifiers_seen.value) <= (select max(length(value)) from blocked_values)
union all
select identifier_number, 'only zeros and dashes' as reason
from identifiers_seen
where
    -- What begins with a blank, a dash or a zero; trimming is dear.
    (value < '!' or value >= '-' and value < '.' or value >= '0' and value < '1')
    and trim(value, '-0 ') = ''
