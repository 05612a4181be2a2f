-- unmapped_kinds: what people did that no touchpoint of the catalogue describes.
-- Grain: one row per source, channel, kind.
-- Reads: event_customers, kind_touchpoints, known_events, parameters.
-- Its column suggestion comes from pipeline/catalogue/suggestions.py.
with
    labelled as (
        select
            known_events.source,
            known_events.channel,
            known_events.kind,
            known_events.label,
            event_customers.customer_id
        from known_events
        cross join parameters
        join
            kind_touchpoints
            on known_events.channel = kind_touchpoints.channel
            and known_events.kind = kind_touchpoints.kind
            and known_events.label is not distinct from kind_touchpoints.label
        -- An event whose customer nobody knows is counted all the same.
        left join event_customers on known_events.event_id = event_customers.event_id
        where
            kind_touchpoints.touchpoint is null
            and not known_events.is_machine
            and known_events.occurred_at <= parameters.as_of
    ),

    counted as (
        select
            source,
            channel,
            kind,
            count(*) as event_count,
            count(distinct customer_id) as customer_count,
            count(distinct label) as label_count
        from labelled
        group by source, channel, kind
    ),

    exemplified as (
        select
            source,
            channel,
            kind,
            label,
            row_number() over (
                partition by source, channel, kind
                order by count(*) desc, label asc nulls last
            ) as place
        from labelled
        group by source, channel, kind, label
    )

select
    counted.source,
    counted.channel,
    counted.kind,
    exemplified.label as label_example,
    counted.label_count,
    counted.event_count,
    counted.customer_count
from counted
join
    exemplified
    on counted.source = exemplified.source
    and counted.channel = exemplified.channel
    and counted.kind = exemplified.kind
    and exemplified.place = 1
order by counted.event_count desc, counted.source, counted.channel, counted.kind
