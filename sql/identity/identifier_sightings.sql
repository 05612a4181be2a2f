-- identifier_sightings: whom linkable events name, and when.
-- Grain: one row per linkable identifier.
-- Reads: linkable_identifiers, namespace_policy.
select
    hash(
        linkable_identifiers.namespace,
        case
            when getvariable('identifier_salt') = 0
            then linkable_identifiers.value
            else linkable_identifiers.value || getvariable('identifier_salt')
        end,
        getvariable('identifier_salt')
    ) as identifier_key,
    cast(namespace_policy.namespace_number as smallint) as namespace_number,
    linkable_identifiers.value,
    linkable_identifiers.night,
    epoch_us(linkable_identifiers.occurred_at) as at_us
from linkable_identifiers
join namespace_policy on linkable_identifiers.namespace = namespace_policy.namespace
