-- kind_touchpoints: what the catalogue calls each kind of event that people cause.
-- Grain: one row per channel, kind, label (a missing label counts as one).
-- Reads: event_counts, touchpoint_patterns.
with
    kinds as (
        select channel, kind, label, cast(sum(event_count) as bigint) as event_count
        from event_counts
        where not is_machine
        group by channel, kind, label
    ),

    -- The first row of the catalogue that fits wins.
    matched as (
        select kinds.channel, kinds.kind, kinds.label, min(patterns.rank) as rank
        from kinds
        join
            touchpoint_patterns as patterns
            on kinds.kind = patterns.kind
            and (patterns.channel is null or kinds.channel = patterns.channel)
            and (
                patterns.label_like is null
                or kinds.label like patterns.label_like escape '!'
            )
        group by kinds.channel, kinds.kind, kinds.label
    )

select kinds.channel, kinds.kind, kinds.label, patterns.touchpoint, kinds.event_count
from kinds
-- A kind that nothing fits stays, without a touchpoint.
left join
    matched
    on kinds.channel = matched.channel
    and kinds.kind = matched.kind
    and kinds.label is not distinct from matched.label
left join touchpoint_patterns as patterns on matched.rank = patterns.rank
order by kinds.channel, kinds.kind, kinds.label
