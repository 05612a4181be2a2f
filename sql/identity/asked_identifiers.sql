-- asked_identifiers: the identifiers that somebody asked about.
-- Grain: one row per identifier.
-- Reads: identifiers, asked_spellings.
select identifiers.identifier, identifiers.customer_id
from identifiers
join
    asked_spellings
    on identifiers.value = asked_spellings.value
    and (
        asked_spellings.namespace is null
        or identifiers.namespace = asked_spellings.namespace
    )
group by identifiers.identifier, identifiers.customer_id
