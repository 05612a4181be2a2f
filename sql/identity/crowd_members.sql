-- crowd_members: who was in each crowd.
-- Grain: one row per crowd_number, identifier_number.
-- Reads: linkable_identifiers, crowds, numbered_identifiers.
select
    crowds.crowd_number,
    numbered_identifiers.identifier_number,
    numbered_identifiers.namespace_number,
    count(*) as sighting_count,
    bool_or(numbered_identifiers.is_strong) as is_strong,
    bool_or(numbered_identifiers.blocked_reason is not null) as is_blocked
from linkable_identifiers
join
    crowds
    on linkable_identifiers.event_id = crowds.event_id
    and linkable_identifiers.role = crowds.role
join
    numbered_identifiers
    on linkable_identifiers.namespace = numbered_identifiers.namespace
    and linkable_identifiers.value = numbered_identifiers.value
group by
    crowds.crowd_number,
    numbered_identifiers.identifier_number,
    numbered_identifiers.namespace_number
