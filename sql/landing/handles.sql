-- handles: whom an event names, as one text; a record sent again with more of them is
-- a revision.
-- Grain: one row per staged event that has identifiers.
-- Reads: staged_identifiers.
select
    identifier.file_id,
    identifier.event_ordinal,
    string_agg(
        identifier.namespace || ':' || identifier.value,
        chr(30)
        order by identifier.namespace, identifier.value, identifier.role
    ) as handles
from staged_identifiers as identifier
group by identifier.file_id, identifier.event_ordinal
