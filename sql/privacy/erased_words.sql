-- erased_words: with what the names of somebody erased begin or end, where events
-- have it:
-- first words, the first digits of hashes and the last of telephone numbers.
-- Grain: one row per kind, word.
-- Reads: batch_rows, tombstones.
with
    texts as (
        select kind_raw as said
        from batch_rows
        union
        select label as said
        from batch_rows
        union
        select object_id as said
        from batch_rows
        union
        select text as said
        from batch_rows
        union
        select link as said
        from batch_rows
        union
        select properties as said
        from batch_rows
    ),

    -- The letter of an escape belongs to no word.
    plain as (
        select
            lower(
                regexp_replace(
                    said,
                    '\\[nrtbf]|\\u00[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|=40|&#64;|&commat;',
                    ' ',
                    'g'
                )
            ) as said
        from texts
        where said is not null
    ),

    named as (
        select distinct
            'word' as kind, unnest(regexp_extract_all(said, '[\p{L}\p{N}]+')) as word
        from plain
        union
        -- What is left of a hash after its digits were taken for a number begins it
        -- still.
        select distinct
            'hash' as kind,
            left(unnest(regexp_extract_all(said, '\b[0-9a-f]{16,128}\b')), 16) as word
        from plain
        union
        select
            'digits' as kind,
            right(regexp_replace(number, '[^0-9]', '', 'g'), 9) as word
        from
            (
                select
                    unnest(
                        regexp_extract_all(
                            said, '[0-9](?:[ ().\x{2013}-]{0,3}[0-9]){6,}'
                        )
                    ) as number
                from plain
            ) as numbers
    ),

    hashed as (
        select
            named.kind,
            named.word,
            sha256(
                getvariable('outer_pad') || unhex(
                    sha256(
                        getvariable('inner_pad')
                        || encode(named.kind || ':' || named.word)
                    )
                )
            ) as digest
        from named
    )

select hashed.kind, hashed.word
from hashed
semi join tombstones on hashed.digest = tombstones.digest
order by hashed.kind, hashed.word
