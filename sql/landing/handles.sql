-- handles: whom an event names, as one text; a record sent again with more of them is
-- a revision.
-- Grain: one row per staged event that has identifiers.
-- Reads: staged_identifiers.
with
    named as (
        select
            identifier.file_id,
            identifier.event_ordinal,
            -- Sorts as the two texts do: no namespace holds a control character.
            identifier.namespace || chr(31) || identifier.value as place
        from staged_identifiers as identifier
    ),

    counted as (
        select
            named.file_id,
            named.event_ordinal,
            count(*) as handle_count,
            min(named.place) as first_place,
            max(named.place) as last_place
        from named
        group by named.file_id, named.event_ordinal
    ),

    -- Sorting within each event is dear, and most name one or two.
    listed as (
        select
            named.file_id,
            named.event_ordinal,
            string_agg(named.place, chr(30) order by named.place) as places
        from named
        semi join
            (select * from counted where handle_count > 2) as several
            on named.file_id = several.file_id
            and named.event_ordinal = several.event_ordinal
        group by named.file_id, named.event_ordinal
    )

select
    counted.file_id,
    counted.event_ordinal,
    counted.handle_count,
    replace(
        case
            counted.handle_count
            when 1
            then counted.first_place
            when 2
            then counted.first_place || chr(30) || counted.last_place
            else listed.places
        end,
        chr(31),
        ':'
    ) as handles
from counted
left join
    listed
    on counted.file_id = listed.file_id
    and counted.event_ordinal = listed.event_ordinal
