-- voices: what customers said of us: scored messages and survey answers, each at the
-- touchpoint it speaks of.
-- Grain: one row per customer_id, position, measure (sentiment, nps, csat or ces).
-- Reads: ordered_events, voice_places.
with
    said as (
        select customer_id, position, 'sentiment' as measure, sentiment as score
        from ordered_events
        where sentiment is not null and actor = 'customer'
        union all
        select customer_id, position, score_kind as measure, score
        from ordered_events
        where score is not null and score_kind is not null
    )

select
    said.customer_id,
    said.position,
    said.measure,
    voice_places.event_id,
    voice_places.occurred_at,
    voice_places.channel,
    said.score,
    voice_places.touchpoint,
    voice_places.stage,
    voice_places.is_reply
from said
join
    voice_places
    on said.customer_id = voice_places.customer_id
    and said.position = voice_places.position
