-- quotable_messages: one message of each stage, its unhappiest or its happiest, as the
-- mood of the stage is, and what its writer is called.
-- Grain: one row per stage with a message worth reading.
-- Reads: attribute_values, known_events, stages, suppressed_customers, voice_measures,
-- voices.
with
    readable as (
        select
            voices.stage,
            voices.touchpoint,
            voices.occurred_at,
            voices.channel,
            voices.customer_id,
            voices.event_id,
            voices.score as sentiment,
            known_events.text,
            case
                when voice_measures.value < 0 then voices.score else 0 - voices.score
            end as distance
        from voices
        join known_events on voices.event_id = known_events.event_id
        join
            voice_measures
            on voices.stage = voice_measures.name
            and voice_measures.grain = 'stage'
            and voice_measures.measure = 'sentiment'
        -- Whose processing was stopped is not quoted.
        left join
            suppressed_customers
            on voices.customer_id = suppressed_customers.customer_id
        where
            voices.measure = 'sentiment'
            and suppressed_customers.customer_id is null
            and length(known_events.text) between 20 and 300
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by stage order by distance, occurred_at desc, event_id
            ) as place
        from readable
        -- Only what says clearly how the stage feels.
        where distance <= -0.3e0
    ),

    called as (
        select customer_id, string_agg(value, ' ' order by attribute, value) as names
        from attribute_values
        where attribute in ('full_name', 'given_name', 'family_name')
        group by customer_id
    )

select
    ranked.stage,
    ranked.touchpoint,
    ranked.occurred_at,
    ranked.channel,
    ranked.text,
    ranked.sentiment,
    called.names
from ranked
join stages on ranked.stage = stages.stage
left join called on ranked.customer_id = called.customer_id
where ranked.place = 1
order by stages.position
