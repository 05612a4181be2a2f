-- event_attributions: how people's events came to their customers, and how many came
-- to none.
-- Grain: one row per attribution.
-- Reads: ambiguous_events, event_counts, ordered_events.
with
    counted as (
        select attribution, count(*) as event_count
        from ordered_events
        group by attribution
        union all
        select 'ambiguous' as attribution, count(*) as event_count
        from ambiguous_events
    ),

    all_told as (
        select coalesce(cast(sum(event_count) as bigint), 0) as event_count
        from event_counts
        where is_past and not is_machine
    ),

    completed as (
        select attribution, event_count
        from counted
        union all
        select
            'none' as attribution,
            all_told.event_count
            - cast(sum(counted.event_count) as bigint) as event_count
        from all_told
        cross join counted
        group by all_told.event_count
    )

select
    completed.attribution,
    completed.event_count,
    case
        when all_told.event_count > 0
        then cast(completed.event_count as double) / all_told.event_count
    end as event_share
from completed
cross join all_told
order by completed.event_count desc, completed.attribution
