-- suppressed_identifiers: the identifiers whose processing was stopped.
-- Grain: one row per identifier.
-- Reads: identifiers, suppressions.
with
    hashed as (
        select
            identifiers.identifier,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad')
                        || encode('suppressed:' || identifiers.identifier)
                    )
                )
            ) as digest
        from identifiers
        where identifiers.status = 'active'
    )

select hashed.identifier
from hashed
semi join suppressions on hashed.digest = suppressions.digest
order by hashed.identifier
