-- naming_rows: how many rows of a table name the person, in clear or by a hash.
-- Grain: one row.
-- Reads: searched, hashes.
with
    written as (select cast(searched as varchar) as said from searched),

    tokens as (
        select
            unnest(regexp_extract_all(lower(written.said), '[0-9a-f]{16,128}')) as token
        from written
        where getvariable('has_hashes')
    )

select
    (
        select count(*)
        from written
        where regexp_matches(written.said, getvariable('named'), 'i')
    ) + (
        select count(*) from tokens semi join hashes on tokens.token = hashes.token
    ) as row_count
