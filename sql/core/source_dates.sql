-- source_dates: how much each source said on each day (UTC) it said anything.
-- Grain: one row per source, day_on.
-- Reads: event_counts, ordered_events.
-- What came after as_of was not said yet.
with
    told as (
        select
            source,
            day_on,
            cast(sum(event_count) as bigint) as event_count,
            cast(
                sum(case when is_machine then event_count else 0 end) as bigint
            ) as machine_event_count,
            max(last_at) as newest_at
        from event_counts
        where is_past
        group by source, day_on
    ),

    -- Events of people whose customer is known; none of them is a machine's.
    linked as (
        select source, cast(occurred_at as date) as day_on, count(*) as event_count
        from ordered_events
        group by source, cast(occurred_at as date)
    )

select
    told.source,
    told.day_on,
    told.event_count,
    told.machine_event_count,
    told.event_count
    - told.machine_event_count
    - coalesce(linked.event_count, 0) as unlinked_event_count,
    told.newest_at
from told
-- An event whose customer nobody knows is counted all the same.
left join linked on told.source = linked.source and told.day_on = linked.day_on
order by told.source, told.day_on
