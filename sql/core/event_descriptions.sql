-- event_descriptions: every way in which events are described, with a number.
-- Grain: one row per description_number.
-- Reads: ordered_events.
-- Few, however many events: labels, texts and properties are no part of it.
select
    cast(
        row_number() over (
            order by
                touchpoint nulls last,
                stage nulls last,
                kind,
                channel nulls last,
                actor nulls last,
                device_kind nulls last,
                attribution nulls last,
                source
        ) as integer
    ) as description_number,
    touchpoint,
    stage,
    kind,
    source,
    channel,
    actor,
    device_kind,
    attribution
from
    (
        select distinct
            touchpoint, stage, kind, source, channel, actor, device_kind, attribution
        from ordered_events
    ) as descriptions
