-- crowd_members: who was in each crowd.
-- Grain: one row per crowd_number, identifier_number.
-- Reads: linkable_identifiers, crowds, numbered_identifiers.
select
    crowds.crowd_number,
    numbered_identifiers.identifier_number,
    numbered_identifiers.namespace_number,
    count(*) as sighting_count,
    bool_or(numbered_identifiers.is_strong) as is_strong,
    bool_or(numbered_identifiers.is_blocked) as is_blocked
from linkable_identifiers
join
    crowds
    on linkable_identifiers.event_id = crowds.event_id
    and linkable_identifiers.role = crowds.role
join
    numbered_identifiers
    on hash(
        linkable_identifiers.namespace,
        linkable_identifiers.value,
        getvariable('identifier_salt')
    )
    = numbered_identifiers.identifier_key
group by
    crowds.crowd_number,
    numbered_identifiers.identifier_number,
    numbered_identifiers.namespace_number
