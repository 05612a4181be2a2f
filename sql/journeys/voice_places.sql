-- voice_places: the touchpoint that each message or answer of a customer speaks of.
-- Grain: one row per customer_id, position, for events with a score, and for words of
-- a customer that were scored for sentiment or are in a language that is not.
-- Reads: known_events, ordered_events, parameters.
with
    -- Words in a language that has no lexicon; en where they were scored.
    unscored as (
        select event_id, split_part(sentiment_basis, ':', 2) as language
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
        join unscored on ordered_events.event_id = unscored.event_id
        where ordered_events.actor = 'customer'
    ),

    uttered as (
        select customer_rank, position, max(language) as language
        from said
        group by customer_rank, position
    ),

    speakers as (select customer_rank from uttered group by customer_rank),

    -- The latest touchpoint on the way so far, of any channel and of the same one.
    heard as (
        select
            ordered_events.customer_rank,
            ordered_events.position,
            max(
                case
                    when ordered_events.stage is not null then ordered_events.position
                end
            ) over (
                partition by ordered_events.customer_rank
                order by ordered_events.position
                rows between unbounded preceding and current row
            ) as any_position,
            max(
                case
                    when ordered_events.stage is not null then ordered_events.position
                end
            ) over (
                partition by ordered_events.customer_rank, ordered_events.channel
                order by ordered_events.position
                rows between unbounded preceding and current row
            ) as same_position
        from ordered_events
        join speakers on ordered_events.customer_rank = speakers.customer_rank
    )

select
    voiced.customer_id,
    voiced.position,
    voiced.event_id,
    voiced.occurred_at,
    voiced.channel,
    uttered.language,
    -- A reply within a day belongs to its own channel's touchpoint, an answer to a
    -- survey to whatever came last; after a dormant silence it belongs nowhere.
    case
        when voiced.occurred_us - same_channel.occurred_us <= 86400000000
        then same_channel.touchpoint
        when voiced.occurred_us - any_channel.occurred_us <= parameters.dormancy_us
        then any_channel.touchpoint
    end as touchpoint,
    case
        when voiced.occurred_us - same_channel.occurred_us <= 86400000000
        then same_channel.stage
        when voiced.occurred_us - any_channel.occurred_us <= parameters.dormancy_us
        then any_channel.stage
    end as stage,
    -- Said at a touchpoint rather than being one.
    heard.any_position is null or heard.any_position <> uttered.position as is_reply
from uttered
join
    heard
    on uttered.customer_rank = heard.customer_rank
    and uttered.position = heard.position
join
    ordered_events as voiced
    on uttered.customer_rank = voiced.customer_rank
    and uttered.position = voiced.position
cross join parameters
-- Who speaks before any touchpoint speaks of none.
left join
    ordered_events as same_channel
    on heard.customer_rank = same_channel.customer_rank
    and heard.same_position = same_channel.position
left join
    ordered_events as any_channel
    on heard.customer_rank = any_channel.customer_rank
    and heard.any_position = any_channel.position
