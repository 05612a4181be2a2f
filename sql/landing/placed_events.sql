-- placed_events: what becomes of each staged event that comes more than once, or came
-- in an earlier batch: landed, a repeat, or a revision. All others are landed.
-- Grain: one row per staged event of an event_id that comes again.
-- Reads: hashed_events, known_events.
with
    again as (
        select hashed.event_id
        from hashed_events as hashed
        group by hashed.event_id
        having count(*) > 1
        union
        select known.event_id
        from known_events as known
    ),

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
        semi join again on hashed.event_id = again.event_id
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
