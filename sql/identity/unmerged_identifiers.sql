-- unmerged_identifiers: whom a source declares to be two persons after all.
-- Grain: one row per event_id, namespace, value, role and version of the event.
-- Reads: landed_events, landed_identifiers, parameters.
select
    identifier.event_id,
    identifier.namespace,
    identifier.value,
    identifier.role,
    identifier.occurred_at
from landed_identifiers as identifier
cross join parameters
where
    identifier.occurred_at <= parameters.as_of
    and identifier.role in ('actor', 'recipient', 'subject')
    and identifier.event_id
    in (select event_id from landed_events where kind = 'identity_unmerged')
