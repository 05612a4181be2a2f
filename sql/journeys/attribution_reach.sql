-- attribution_reach: how many journeys touched each channel and touchpoint, by their
-- end.
-- Grain: one row per grain (channel or touchpoint), name.
-- Reads: journey_events, journeys.
with
    touched as (
        select distinct
            journey_events.customer_id,
            journey_events.journey_number,
            grains.grain,
            case
                when grains.grain = 'channel'
                then journey_events.channel
                else journey_events.touchpoint
            end as name
        from journey_events
        cross join (values ('channel'), ('touchpoint')) as grains(grain)
        where journey_events.journey_number is not null
    )

select
    touched.grain,
    touched.name,
    cast(
        sum(case when journeys.status = 'completed' then 1 else 0 end) as bigint
    ) as completed,
    cast(sum(case when journeys.status = 'ended' then 1 else 0 end) as bigint) as ended,
    cast(sum(case when journeys.status = 'open' then 1 else 0 end) as bigint) as open
from touched
join
    journeys
    on touched.customer_id = journeys.customer_id
    and touched.journey_number = journeys.journey_number
group by touched.grain, touched.name
