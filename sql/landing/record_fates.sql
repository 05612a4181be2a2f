-- record_fates: what became of each record of a file.
-- Grain: one row per file_id, record_number.
-- Reads: hashed_events, placed_events, staged_refused, staged_ignored.
with
    claims as (
        select
            hashed.file_id,
            hashed.record_number,
            case
                placed.fate when 'revision' then 3 when 'repeat' then 4 else 2
            end as claim,
            cast(null as varchar) as rule
        from hashed_events as hashed
        left join
            placed_events as placed
            on hashed.file_id = placed.file_id
            and hashed.event_ordinal = placed.event_ordinal
        union all
        select refused.file_id, refused.record_number, 1 as claim, null as rule
        from staged_refused as refused
        union all
        select ignored.file_id, ignored.record_number, 5 as claim, ignored.rule
        from staged_ignored as ignored
    )

select
    claims.file_id,
    claims.record_number,
    case
        min(claims.claim)
        when 1
        then 'quarantined'
        when 2
        then 'landed'
        when 3
        then 'revised'
        when 4
        then 'repeated'
        else 'ignored'
    end as fate,
    max(claims.rule) as rule,
    count(*) filter (where claims.claim = 2) as event_count
from claims
group by claims.file_id, claims.record_number
