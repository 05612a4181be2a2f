-- kept_attributes: what others' events say of their customers, where it does not name
-- the person.
-- Grain: that of the table.
-- Reads: batch_rows, doomed_events.
select attribute.*
from batch_rows as attribute
anti join doomed_events as doomed on attribute.event_id = doomed.event_id
where
    attribute.value is null
    or not regexp_matches(attribute.value, getvariable('named'), 'i')
order by attribute.event_id, attribute.attribute, attribute.value, attribute.occurred_at
