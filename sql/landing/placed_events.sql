-- placed_events: what becomes of each staged event: landed, a repeat, or a revision
-- of one.
-- Grain: one row per staged event.
-- Reads: hashed_events, known_events.
with
    numbered as (
        select
            hashed.file_id,
            hashed.record_number,
            hashed.event_ordinal,
            hashed.event_id,
            row_number() over (
                partition by hashed.event_id
                order by
                    hashed.received_at nulls last,
                    hashed.content_hash,
                    hashed.file_id,
                    hashed.event_ordinal
            ) as delivery,
            row_number() over (
                partition by hashed.event_id, hashed.content_hash
                order by hashed.file_id, hashed.event_ordinal
            ) as copy_number,
            known.event_id is not null as is_known,
            known_copy.event_id is not null as is_known_copy
        from hashed_events as hashed
        left join
            (select distinct event_id from known_events) as known
            on hashed.event_id = known.event_id
        left join
            known_events as known_copy
            on hashed.event_id = known_copy.event_id
            and hashed.content_hash = known_copy.content_hash
    )

select
    numbered.file_id,
    numbered.record_number,
    numbered.event_ordinal,
    numbered.event_id,
    case
        when numbered.is_known_copy or numbered.copy_number > 1
        then 'repeat'
        when numbered.is_known or numbered.delivery > 1
        then 'revision'
        else 'landed'
    end as fate
from numbered
