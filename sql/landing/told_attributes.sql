-- told_attributes: what an event says of its customer, as one text; a record sent again
-- with another name is a revision.
-- Grain: one row per staged event that has attributes.
-- Reads: staged_attributes.
with
    told as (
        select
            attribute.file_id,
            attribute.event_ordinal,
            attribute.attribute
            || '='
            || attribute.value
            || coalesce('@' || epoch_us(attribute.stated_at)::varchar, '') as part
        from staged_attributes as attribute
    )

select
    told.file_id,
    told.event_ordinal,
    string_agg(told.part, chr(30) order by told.part) as attributes
from told
group by told.file_id, told.event_ordinal
