-- meetings: where one event names, in one role, an identifier more than once or
-- several.
-- Grain: one row per event_id, role with two or more sightings.
-- Reads: linkable_identifiers, numbered_identifiers, source_numbers.
select
    linkable_identifiers.event_id,
    linkable_identifiers.role,
    min(numbered_identifiers.identifier_number) as first_number,
    max(numbered_identifiers.identifier_number) as last_number,
    min(source_numbers.source_number) as source_number,
    min(linkable_identifiers.occurred_at) as occurred_at,
    count(*) as sighting_count,
    bool_or(linkable_identifiers.is_merge) as is_merge,
    bool_or(linkable_identifiers.is_authenticated) as is_authenticated
from linkable_identifiers
join
    numbered_identifiers
    on linkable_identifiers.namespace = numbered_identifiers.namespace
    and linkable_identifiers.value = numbered_identifiers.value
join source_numbers on linkable_identifiers.source = source_numbers.source
group by linkable_identifiers.event_id, linkable_identifiers.role
having count(*) > 1
