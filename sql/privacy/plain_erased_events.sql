-- plain_erased_events: the batch's plain events that were erased by their own id.
-- Grain: one row per event_id.
-- Reads: plain_landed, tombstones.
with
    hashed as (
        select
            plain.event_id,
            plain.file_id,
            plain.record_number,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad') || encode('event:' || plain.event_id)
                    )
                )
            ) as digest
        from plain_landed as plain
    )

select hashed.event_id, hashed.file_id, hashed.record_number
from hashed
semi join tombstones on hashed.digest = tombstones.digest
