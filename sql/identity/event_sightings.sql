-- event_sightings: whom the linkable events of one slice name, as hashes.
-- Grain: one row per linkable identifier.
-- Reads: linkable_identifiers, source_numbers.
with
    hashed as (
        select
            hash(event_id, role) as event_key,
            hash(
                namespace,
                case
                    when getvariable('identifier_salt') = 0
                    then value
                    else value || getvariable('identifier_salt')
                end,
                getvariable('identifier_salt')
            ) as identifier_key,
            event_id,
            source,
            occurred_at,
            is_merge,
            is_authenticated
        from linkable_identifiers
    )

select
    hashed.event_key,
    hashed.identifier_key,
    -- Two events may have one hash, but not two.
    cast(hash(reverse(hashed.event_id)) >> 32 as uinteger) as event_check,
    epoch_us(hashed.occurred_at) as at_us,
    cast(
        source_numbers.source_number * 4
        + cast(hashed.is_merge as integer) * 2
        + cast(hashed.is_authenticated as integer) as integer
    ) as code
from hashed
join source_numbers on hashed.source = source_numbers.source
where hashed.event_key % getvariable('event_slices') = getvariable('event_slice')
