-- chosen_versions: which version of an event counts, of those that landed in several:
-- the one that was received first.
-- Grain: one row per event_id that has more than one version.
-- Reads: landed_events, landed_revisions.
with
    -- Few events have a second version; only theirs are compared.
    rivals as (
        select
            landed_events.event_id,
            landed_events.content_hash,
            landed_events.received_at,
            landed_events.file_id,
            landed_events.record_number
        from landed_events
        where event_id in (select event_id from landed_revisions)
        union all
        select event_id, content_hash, received_at, file_id, record_number
        from landed_revisions
    ),

    -- Chosen by what the versions say, so the order of their arrival changes nothing.
    compared as (
        select
            event_id,
            file_id,
            record_number,
            row_number() over (
                partition by event_id
                order by
                    received_at asc nulls last, content_hash, file_id, record_number
            ) as version_number
        from rivals
    )

select event_id, file_id, record_number
from compared
where version_number = 1
