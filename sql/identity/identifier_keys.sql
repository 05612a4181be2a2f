-- identifier_keys: the key of whomever linkable events name.
-- Grain: one row per linkable identifier.
-- Reads: linkable_identifiers.
select
    -- Numbers sort and join in a fraction of the time that two words take. Should two
    -- identifiers have one, the salt is changed until none have.
    hash(
        namespace,
        case
            when getvariable('identifier_salt') = 0
            then value
            else value || getvariable('identifier_salt')
        end,
        getvariable('identifier_salt')
    ) as identifier_key
from linkable_identifiers
