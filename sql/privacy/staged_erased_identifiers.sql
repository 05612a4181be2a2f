-- staged_erased_identifiers: whom the batch names of those who were erased.
-- Grain: one row per namespace, value.
-- Reads: staged_identifiers, tombstones.
with
    named as (select distinct namespace, value from staged_identifiers),

    -- HMAC of RFC 2104, over SHA-256, as pipeline/privacy/tombstones.py has it.
    hashed as (
        select
            named.namespace,
            named.value,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad') || encode(
                            'identifier:' || named.namespace || ':' || named.value
                        )
                    )
                )
            ) as digest
        from named
        union all
        -- Whatever it is called, a hash of an identifier names whom that names.
        select
            named.namespace,
            named.value,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad')
                        || encode('hash:' || left(lower(named.value), 16))
                    )
                )
            ) as digest
        from named
        where
            regexp_full_match(
                named.value, '[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}'
            )
    )

select distinct hashed.namespace, hashed.value
from hashed
semi join tombstones on hashed.digest = tombstones.digest
