-- source_dates: how much each source said on each day (UTC) it said anything.
-- Grain: one row per source, day_on.
-- Reads: event_customers, known_events, parameters.
-- What came after as_of was not said yet.
with
    dated as (
        select
            known_events.source,
            cast(known_events.occurred_at as date) as day_on,
            known_events.occurred_at,
            known_events.is_machine,
            event_customers.customer_id
        from known_events
        cross join parameters
        -- An event whose customer nobody knows is counted all the same.
        left join event_customers on known_events.event_id = event_customers.event_id
        where known_events.occurred_at <= parameters.as_of
    )

select
    source,
    day_on,
    count(*) as event_count,
    cast(sum(case when is_machine then 1 else 0 end) as bigint) as machine_event_count,
    cast(
        sum(case when is_machine or customer_id is not null then 0 else 1 end) as bigint
    ) as unlinked_event_count,
    max(occurred_at) as newest_at
from dated
group by source, day_on
order by source, day_on
