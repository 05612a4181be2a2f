-- voice_places: the touchpoint that each message or answer of a customer speaks of.
-- Grain: one row per customer_id, position, for events with a score, and for words of
-- a customer that were scored for sentiment or are in a language that is not.
-- Reads: event_kinds, known_events, ordered_events, parameters.
with
    -- Words in a language that has no lexicon; en where they were scored.
    unscored as (
        select event_key, split_part(sentiment_basis, ':', 2) as language
        from known_events
        where sentiment_basis like 'language:%'
    ),

    said as (
        select customer_rank, position, 'en' as language
        from ordered_events
        where sentiment is not null and actor = 'customer'
        union all
        select customer_rank, position, null as language
        from ordered_events
        where score is not null and score_kind is not null
        union all
        select ordered_events.customer_rank, ordered_events.position, unscored.language
        from ordered_events
        join unscored on ordered_events.event_key = unscored.event_key
        where ordered_events.actor = 'customer'
    ),

    uttered as (
        select customer_rank, position, max(language) as language
        from said
        group by customer_rank, position
    ),

    spoken as (
        select
            ordered_events.customer_id,
            ordered_events.customer_rank,
            ordered_events.position,
            ordered_events.event_id,
            ordered_events.occurred_at,
            ordered_events.occurred_us,
            ordered_events.channel,
            ordered_events.channel_number,
            ordered_events.kind_number,
            ordered_events.stage is not null as is_touchpoint,
            uttered.language
        from uttered
        join
            ordered_events
            on uttered.customer_rank = ordered_events.customer_rank
            and uttered.position = ordered_events.position
    ),

    speakers as (
        select customer_rank from spoken where not is_touchpoint group by customer_rank
    ),

    -- What was said beside the touchpoints, and what it can speak of; numbers alone go
    -- through the windows.
    placed as (
        select
            customer_rank,
            position,
            occurred_us,
            channel_number,
            kind_number,
            cast(null as bigint) as staged_position
        from spoken
        where not is_touchpoint
        union all
        select
            ordered_events.customer_rank,
            ordered_events.position,
            ordered_events.occurred_us,
            ordered_events.channel_number,
            ordered_events.kind_number,
            ordered_events.position as staged_position
        from ordered_events
        join speakers on ordered_events.customer_rank = speakers.customer_rank
        where ordered_events.stage is not null
    ),

    -- The latest touchpoint on the way so far, of any channel and of the same one.
    heard as (
        select
            *,
            max(staged_position) over (
                partition by customer_rank
                order by position
                rows between unbounded preceding and current row
            ) as any_position,
            max(staged_position) over (
                partition by customer_rank, channel_number
                order by position
                rows between unbounded preceding and current row
            ) as same_position
        from placed
    ),

    answered as (
        -- Said at a touchpoint.
        select customer_rank, position, kind_number, false as is_reply
        from spoken
        where is_touchpoint
        union all
        -- A reply within a day belongs to its own channel's touchpoint, an answer to a
        -- survey to whatever came last; after a dormant silence it belongs nowhere.
        select
            heard.customer_rank,
            heard.position,
            case
                when heard.occurred_us - same_channel.occurred_us <= 86400000000
                then same_channel.kind_number
                when
                    heard.occurred_us - any_channel.occurred_us
                    <= parameters.dormancy_us
                then any_channel.kind_number
            end as kind_number,
            true as is_reply
        from heard
        cross join parameters
        -- Who speaks before any touchpoint speaks of none.
        left join
            placed as same_channel
            on heard.customer_rank = same_channel.customer_rank
            and heard.same_position = same_channel.position
        left join
            placed as any_channel
            on heard.customer_rank = any_channel.customer_rank
            and heard.any_position = any_channel.position
        where heard.staged_position is null
    )

select
    spoken.customer_id,
    spoken.position,
    spoken.event_id,
    spoken.occurred_at,
    spoken.channel,
    spoken.language,
    spoken_of.touchpoint,
    spoken_of.stage,
    answered.is_reply
from answered
join
    spoken
    on answered.customer_rank = spoken.customer_rank
    and answered.position = spoken.position
left join event_kinds as spoken_of on answered.kind_number = spoken_of.kind_number
