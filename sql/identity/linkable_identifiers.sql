-- linkable_identifiers: whom people's own events name; machines and bystanders link
-- nobody.
-- Grain: one row per event_id, namespace, value, role and version of the event.
-- Reads: landed_events, landed_identifiers, machine_events, parameters.
select
    identifier.event_id,
    identifier.source,
    identifier.namespace,
    identifier.value,
    identifier.role,
    identifier.is_authenticated,
    identifier.is_merge,
    identifier.occurred_at,
    identifier.known_at,
    identifier.night
from landed_identifiers as identifier
cross join parameters
where
    not identifier.is_machine
    and identifier.role in ('actor', 'recipient', 'subject')
    and identifier.occurred_at <= parameters.as_of
    and identifier.event_id not in (select event_id from machine_events)
    -- An event that tells two persons apart names both and links neither.
    and identifier.event_id
    not in (select event_id from landed_events where kind = 'identity_unmerged')
