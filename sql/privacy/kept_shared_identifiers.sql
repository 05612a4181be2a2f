-- kept_shared_identifiers: values that several people shared before one was erased.
-- Grain: one row per namespace, value.
-- Reads: linkable_identifiers, kept_shared.
with
    named as (select distinct namespace, value from linkable_identifiers),

    hashed as (
        select
            named.namespace,
            named.value,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad')
                        || encode('shared:' || named.namespace || ':' || named.value)
                    )
                )
            ) as digest
        from named
    )

select hashed.namespace, hashed.value
from hashed
semi join kept_shared on hashed.digest = kept_shared.digest
order by hashed.namespace, hashed.value
