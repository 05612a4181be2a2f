-- handles: whom an event without an id of its own names, as one text.
-- Grain: one row per staged event without own_id that has identifiers.
-- Reads: staged_events, staged_identifiers.
select
    staged.file_id,
    staged.event_ordinal,
    string_agg(
        identifier.namespace || ':' || identifier.value,
        chr(30)
        order by identifier.namespace, identifier.value, identifier.role
    ) as handles
from staged_events as staged
inner join
    staged_identifiers as identifier
    on staged.file_id = identifier.file_id
    and staged.event_ordinal = identifier.event_ordinal
where staged.own_id is null
group by staged.file_id, staged.event_ordinal
