-- fresh_identifiers: whom the batch's new events and revisions name.
-- Grain: one row per event_id, namespace, value, role, occurred_at: versions of one
-- event that came in one batch count as those that came in several.
-- Reads: hashed_events, placed_events, staged_identifiers, landing.
select
    hashed.event_id,
    hashed.source,
    identifier.namespace,
    identifier.value,
    identifier.role,
    bool_or(identifier.is_authenticated) as is_authenticated,
    bool_or(identifier.is_merge) as is_merge,
    bool_and(hashed.is_machine) as is_machine,
    hashed.occurred_at,
    min(hashed.known_at) as known_at,
    min(landing.night) as night
from staged_identifiers as identifier
inner join
    hashed_events as hashed
    on identifier.file_id = hashed.file_id
    and identifier.event_ordinal = hashed.event_ordinal
inner join
    placed_events as placed
    on identifier.file_id = placed.file_id
    and identifier.event_ordinal = placed.event_ordinal
cross join landing
where placed.fate != 'repeat'
group by
    hashed.event_id,
    hashed.source,
    identifier.namespace,
    identifier.value,
    identifier.role,
    hashed.occurred_at
order by
    hashed.event_id,
    identifier.namespace,
    identifier.value,
    identifier.role,
    hashed.occurred_at
