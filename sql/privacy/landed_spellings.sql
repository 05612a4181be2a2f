-- landed_spellings: what somebody asked about, where a record names it though nothing
-- was stitched.
-- Grain: one row per namespace, value.
-- Reads: landed_identifiers, asked_spellings.
select distinct identifier.namespace, identifier.value
from landed_identifiers as identifier
join
    asked_spellings
    on identifier.value = asked_spellings.value
    and (
        asked_spellings.namespace is null
        or identifier.namespace = asked_spellings.namespace
    )
order by identifier.namespace, identifier.value
