-- event_kinds: every way in which events of people are told of, with a number, and the
-- touchpoint that each is.
-- Grain: one row per kind_number.
-- Reads: event_counts, kind_touchpoints, sources, touchpoints.
-- Few, however many events: these are described by the number alone.
with
    told as (
        select distinct source, channel, kind, label, actor, device_kind, time_precision
        from event_counts
        where is_past and not is_machine
    )

select
    cast(
        row_number() over (
            order by
                told.channel nulls last,
                told.actor nulls last,
                told.device_kind nulls last,
                told.time_precision nulls last,
                told.label nulls last,
                told.kind nulls last,
                told.source nulls last
        ) as integer
    ) as kind_number,
    told.source,
    -- A source taken out of the configuration keeps its events, after all others.
    coalesce(sources.rank, 2147483647) as source_rank,
    told.channel,
    told.kind,
    told.label,
    told.actor,
    told.device_kind,
    told.time_precision,
    touchpoints.touchpoint,
    touchpoints.stage,
    touchpoints.stage_position,
    touchpoints.initiator,
    touchpoints.outcome,
    touchpoints.is_value,
    touchpoints.owner
from told
left join sources on told.source = sources.source
left join
    kind_touchpoints
    on told.channel = kind_touchpoints.channel
    and told.kind = kind_touchpoints.kind
    and told.label is not distinct from kind_touchpoints.label
-- Events that no touchpoint describes keep their place.
left join touchpoints on kind_touchpoints.touchpoint = touchpoints.touchpoint
