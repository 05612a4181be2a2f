-- session_places: the session of every event, in numbers: its channel has not been
-- silent too long.
-- Grain: one row per customer_rank, position.
-- Reads: channels, ordered_events, session_cuts.
-- A silence of exactly the channel's gap does not end a session; one microsecond more
-- does. What else may end one (midnight, another campaign, the source's own session
-- id, a longest length) is off unless configured, and stands in session_cuts.
with
    -- Whole numbers alone go through the windows: they take a fraction of the time that
    -- texts do.
    paced as (
        select
            ordered_events.customer_rank,
            ordered_events.position,
            ordered_events.channel_number,
            ordered_events.kind_number,
            ordered_events.occurred_at,
            channels.gap_us,
            session_cuts.position is not null as is_cut,
            ordered_events.occurred_us - lag(ordered_events.occurred_us) over (
                partition by ordered_events.customer_rank, ordered_events.channel_number
                order by ordered_events.position
            ) as silence_us
        from ordered_events
        join channels on ordered_events.channel = channels.channel
        -- Empty unless a company asks for more cuts than silence makes.
        left join
            session_cuts
            on ordered_events.customer_id = session_cuts.customer_id
            and ordered_events.position = session_cuts.position
    ),

    opened as (
        select
            *,
            -- A first event has no silence before it, and opens session 1.
            silence_us is null or silence_us > gap_us or is_cut as is_opening
        from paced
    )

select
    customer_rank,
    position,
    channel_number,
    kind_number,
    occurred_at,
    cast(
        sum(case when is_opening then 1 else 0 end) over (
            partition by customer_rank, channel_number
            order by position
            rows between unbounded preceding and current row
        ) as bigint
    ) as session_number,
    is_opening
from opened
