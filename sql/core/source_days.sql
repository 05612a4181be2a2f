-- source_days: events per source on each of the 30 days (UTC) up to as_of.
-- Grain: one row per source, day_on.
-- Reads: parameters, source_dates, sources.
with
    -- Thirty days by three tens and ten ones: no two engines make a series alike.
    tens as (select days from (values (0), (10), (20)) as written(days)),

    -- fmt: off
    ones as (
        select days
        from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as written(days)
    ),
    -- fmt: on

    spine as (
        select
            sources.source,
            cast(parameters.as_of as date) + (0 - tens.days - ones.days) as day_on
        from sources
        cross join parameters
        cross join tens
        cross join ones
    )

select spine.source, spine.day_on, coalesce(source_dates.event_count, 0) as event_count
from spine
-- A silent day has no row of its own, and shows a zero.
left join
    source_dates
    on spine.source = source_dates.source
    and spine.day_on = source_dates.day_on
order by spine.source, spine.day_on
