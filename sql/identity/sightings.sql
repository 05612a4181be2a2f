-- sightings: whom linkable events name and when, as hashes and numbers.
-- Grain: one row per linkable identifier.
-- Reads: linkable_identifiers, namespace_policy, source_numbers.
select
    -- Numbers sort and join in a fraction of the time that two words take. Should two
    -- values of one namespace have one, the salt is changed until none have.
    hash(
        case
            when getvariable('identifier_salt') = 0
            then linkable_identifiers.value
            else linkable_identifiers.value || getvariable('identifier_salt')
        end
    ) as identifier_key,
    hash(linkable_identifiers.event_id, linkable_identifiers.role) as event_key,
    epoch_us(linkable_identifiers.occurred_at) as at_us,
    -- Two of them may have one hash, but not two.
    cast(hash('.' || linkable_identifiers.value) >> 32 as uinteger) as identifier_check,
    cast(hash('.' || linkable_identifiers.event_id) >> 32 as uinteger) as event_check,
    cast(
        source_numbers.source_number * 4
        + cast(linkable_identifiers.is_merge as integer) * 2
        + cast(linkable_identifiers.is_authenticated as integer) as integer
    ) as code,
    linkable_identifiers.night,
    namespace_policy.namespace_number,
    linkable_identifiers.value
from linkable_identifiers
join namespace_policy on linkable_identifiers.namespace = namespace_policy.namespace
join source_numbers on linkable_identifiers.source = source_numbers.source
