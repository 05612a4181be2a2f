-- named_customers: whose event it is by the strongest identifier that it names.
-- Grain: one row per event_key that names an active identifier.
-- Reads: identifier_strengths, strongest_identifiers.
-- Kept as a view: it is strongest_identifiers, and whose they are.
select
    strongest_identifiers.event_key,
    identifier_strengths.customer_id,
    identifier_strengths.customer_rank,
    identifier_strengths.identifier,
    identifier_strengths.attribution,
    -- Stitching alone, not the record, says that this strongly known customer was here.
    strongest_identifiers.has_several_customers
    or (
        not identifier_strengths.is_strong and identifier_strengths.has_strong = 1
    ) as is_uncertain
from strongest_identifiers
join
    identifier_strengths
    on strongest_identifiers.strength = identifier_strengths.strength
