-- kept_identifiers: whom others' events name; not the person, though merely mentioned.
-- Grain: that of the table.
-- Reads: batch_rows, doomed_events, erased_identifiers.
select identifier.*
from batch_rows as identifier
anti join doomed_events as doomed on identifier.event_id = doomed.event_id
anti join
    erased_identifiers as erased
    on identifier.namespace = erased.namespace
    and identifier.value = erased.value
order by
    identifier.event_id,
    identifier.namespace,
    identifier.value,
    identifier.role,
    identifier.occurred_at
