-- file_counts: the accounting equation of each file.
-- Grain: one row per file_id.
-- Reads: record_fates, plain_counts.
with
    counted as (
        select
            fates.file_id,
            max(fates.record_number) as last_number,
            count(*) filter (where fates.fate = 'landed') as landed_count,
            count(*) filter (
                where fates.fate in ('revised', 'repeated')
            ) as duplicate_count,
            count(*) filter (where fates.fate = 'revised') as revised_count,
            count(*) filter (where fates.fate = 'quarantined') as quarantined_count,
            count(*) filter (where fates.fate = 'ignored') as ignored_count,
            cast(sum(fates.event_count) as bigint) as event_count
        from record_fates as fates
        group by fates.file_id
        union all
        select
            plain.file_id,
            plain.last_number,
            plain.event_count as landed_count,
            0 as duplicate_count,
            0 as revised_count,
            0 as quarantined_count,
            0 as ignored_count,
            plain.event_count
        from plain_counts as plain
    )

select
    counted.file_id,
    -- Every record has a number from 1 on: a reader that skips one is found out here.
    max(counted.last_number) as record_count,
    cast(sum(counted.landed_count) as bigint) as landed_count,
    cast(sum(counted.duplicate_count) as bigint) as duplicate_count,
    cast(sum(counted.revised_count) as bigint) as revised_count,
    cast(sum(counted.quarantined_count) as bigint) as quarantined_count,
    cast(sum(counted.ignored_count) as bigint) as ignored_count,
    cast(sum(counted.event_count) as bigint) as event_count
from counted
group by counted.file_id
