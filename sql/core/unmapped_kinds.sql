-- unmapped_kinds: what people did that no touchpoint of the catalogue describes.
-- Grain: one row per source, channel, kind.
-- Reads: event_counts, kind_touchpoints, ordered_events.
-- Its column suggestion comes from pipeline/catalogue/suggestions.py.
with
    labelled as (
        select
            event_counts.source,
            event_counts.channel,
            event_counts.kind,
            event_counts.label,
            cast(sum(event_counts.event_count) as bigint) as event_count
        from event_counts
        join
            kind_touchpoints
            on event_counts.channel = kind_touchpoints.channel
            and event_counts.kind = kind_touchpoints.kind
            and event_counts.label is not distinct from kind_touchpoints.label
        where
            kind_touchpoints.touchpoint is null
            and not event_counts.is_machine
            and event_counts.is_past
        group by
            event_counts.source,
            event_counts.channel,
            event_counts.kind,
            event_counts.label
    ),

    counted as (
        select
            source,
            channel,
            kind,
            cast(sum(event_count) as bigint) as event_count,
            count(label) as label_count
        from labelled
        group by source, channel, kind
    ),

    met as (
        select
            ordered_events.source,
            ordered_events.channel,
            ordered_events.kind,
            count(distinct ordered_events.customer_id) as customer_count
        from ordered_events
        join
            kind_touchpoints
            on ordered_events.channel = kind_touchpoints.channel
            and ordered_events.kind = kind_touchpoints.kind
            and ordered_events.label is not distinct from kind_touchpoints.label
        where ordered_events.touchpoint is null and kind_touchpoints.touchpoint is null
        group by ordered_events.source, ordered_events.channel, ordered_events.kind
    ),

    exemplified as (
        select
            source,
            channel,
            kind,
            label,
            row_number() over (
                partition by source, channel, kind
                order by event_count desc, label asc nulls last
            ) as place
        from labelled
    )

select
    counted.source,
    counted.channel,
    counted.kind,
    exemplified.label as label_example,
    counted.label_count,
    counted.event_count,
    coalesce(met.customer_count, 0) as customer_count
from counted
join
    exemplified
    on counted.source = exemplified.source
    and counted.channel = exemplified.channel
    and counted.kind = exemplified.kind
    and exemplified.place = 1
-- Events whose customer nobody knows are counted all the same.
left join
    met
    on counted.source = met.source
    and counted.channel = met.channel
    and counted.kind = met.kind
order by counted.event_count desc, counted.source, counted.channel, counted.kind
