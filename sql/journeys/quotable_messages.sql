-- quotable_messages: one message of each stage, its unhappiest or its happiest, as the
-- mood of the stage is, and what its writer is called.
-- Grain: one row per stage with a message worth reading.
-- Reads: customer_names, felt_voices, known_events, stages, voice_measures.
with
    readable as (
        select
            felt_voices.stage,
            felt_voices.touchpoint,
            felt_voices.occurred_at,
            felt_voices.channel,
            felt_voices.customer_id,
            felt_voices.event_id,
            felt_voices.score as sentiment,
            known_events.text,
            case
                when voice_measures.value < 0
                then felt_voices.score
                else 0 - felt_voices.score
            end as distance
        from felt_voices
        join known_events on felt_voices.event_id = known_events.event_id
        join
            voice_measures
            on felt_voices.stage = voice_measures.name
            and voice_measures.grain = 'stage'
            and voice_measures.measure = 'sentiment'
        where
            felt_voices.measure = 'sentiment'
            -- Only what says clearly how the stage feels.
            and felt_voices.mood
            = case when voice_measures.value < 0 then 'bad' else 'good' end
            and length(known_events.text) between 20 and 300
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by stage order by distance, occurred_at desc, event_id
            ) as place
        from readable
    )

select
    ranked.stage,
    ranked.touchpoint,
    ranked.occurred_at,
    ranked.channel,
    ranked.text,
    ranked.sentiment,
    customer_names.names
from ranked
join stages on ranked.stage = stages.stage
left join customer_names on ranked.customer_id = customer_names.customer_id
where ranked.place = 1
order by stages.position
