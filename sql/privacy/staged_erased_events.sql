-- staged_erased_events: the batch's events that were erased by their own id.
-- Grain: one row per file_id, event_ordinal.
-- Reads: hashed_events, tombstones.
with
    hashed as (
        select
            hashed_events.file_id,
            hashed_events.event_ordinal,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad')
                        || encode('event:' || hashed_events.event_id)
                    )
                )
            ) as digest
        from hashed_events
    )

select hashed.file_id, hashed.event_ordinal
from hashed
semi join tombstones on hashed.digest = tombstones.digest
