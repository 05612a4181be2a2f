-- event_kinds: every way in which events of people are told of, with a number, and the
-- touchpoint that each is.
-- Grain: one row per kind_number.
-- Reads: event_counts, kind_touchpoints, sources, touchpoints.
-- Few, however many events: these are described by the number alone.
with
    told as (
        select distinct
            source, channel, kind, label, actor, device_kind, time_precision, score_kind
        from event_counts
        where is_past and not is_machine
    ),

    numbered as (
        select
            *,
            cast(
                row_number() over (
                    order by
                        channel nulls last,
                        actor nulls last,
                        device_kind nulls last,
                        time_precision nulls last,
                        score_kind nulls last,
                        label nulls last,
                        kind nulls last,
                        source nulls last
                ) as integer
            ) as kind_number
        from told
    )

select
    numbered.kind_number,
    -- A channel and a touchpoint as the number of the first kind that has them.
    min(numbered.kind_number) over (partition by numbered.channel) as channel_number,
    numbered.source,
    -- A source taken out of the configuration keeps its events, after all others.
    coalesce(sources.rank, 2147483647) as source_rank,
    numbered.channel,
    numbered.kind,
    numbered.label,
    numbered.actor,
    numbered.device_kind,
    numbered.time_precision,
    numbered.score_kind,
    touchpoints.touchpoint,
    case
        when touchpoints.touchpoint is not null
        then min(numbered.kind_number) over (partition by touchpoints.touchpoint)
    end as touchpoint_number,
    touchpoints.stage,
    touchpoints.stage_position,
    touchpoints.initiator,
    touchpoints.outcome,
    touchpoints.is_value,
    touchpoints.owner
from numbered
left join sources on numbered.source = sources.source
left join
    kind_touchpoints
    on numbered.channel = kind_touchpoints.channel
    and numbered.kind = kind_touchpoints.kind
    and numbered.label is not distinct from kind_touchpoints.label
-- Events that no touchpoint describes keep their place.
left join touchpoints on kind_touchpoints.touchpoint = touchpoints.touchpoint
