-- session_events: the session of every event: its channel has not been silent too
-- long.
-- Grain: one row per customer_id, position.
-- Reads: channels, ordered_events, session_cuts.
-- A silence of exactly the channel's gap does not end a session; one microsecond more
-- does. What else may end one (midnight, another campaign, the source's own session
-- id, a longest length) is off unless configured, and stands in session_cuts.
with
    paced as (
        select
            customer_id,
            position,
            channel,
            occurred_at,
            occurred_us,
            touchpoint,
            occurred_us - lag(occurred_us) over (
                partition by customer_id, channel order by position
            ) as silence_us
        from ordered_events
    )

select
    paced.customer_id,
    paced.position,
    paced.channel,
    paced.occurred_at,
    paced.occurred_us,
    paced.touchpoint,
    -- A first event has no silence before it, and opens session 1.
    cast(
        sum(
            case
                when
                    paced.silence_us is null
                    or paced.silence_us > channels.gap_us
                    or session_cuts.position is not null
                then 1
                else 0
            end
        ) over (
            partition by paced.customer_id, paced.channel
            order by paced.position
            rows between unbounded preceding and current row
        ) as bigint
    ) as session_number
from paced
join channels on paced.channel = channels.channel
-- Empty unless a company asks for more cuts than silence makes.
left join
    session_cuts
    on paced.customer_id = session_cuts.customer_id
    and paced.position = session_cuts.position
