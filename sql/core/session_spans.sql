-- session_spans: from when to when each session was and what it holds, in numbers.
-- Grain: one row per customer_rank, channel_number, session_number.
-- Reads: event_kinds, session_places.
-- Positions: staged_position, its first touchpoint on the way; customer_position, the
-- first of them that the customer begins; intent_position, the first of these that asks
-- for help: a chat, call, mail, visit or post that is no purchase (is_value) and no
-- decision (outcome).
select
    session_places.customer_rank,
    session_places.channel_number,
    session_places.session_number,
    min(session_places.occurred_at) as started_at,
    max(session_places.occurred_at) as ended_at,
    count(*) as event_count,
    count(event_kinds.touchpoint_number) as touchpoint_count,
    min(session_places.position) as first_position,
    max(session_places.position) as last_position,
    max(
        case when session_places.is_opening then session_places.kind_number end
    ) as first_kind_number,
    min(
        case when event_kinds.stage is not null then session_places.position end
    ) as staged_position,
    min(
        case
            when event_kinds.stage is not null and event_kinds.initiator = 'customer'
            then session_places.position
        end
    ) as customer_position,
    min(
        case
            when
                event_kinds.stage is not null
                and event_kinds.initiator = 'customer'
                and event_kinds.outcome is null
                and not event_kinds.is_value
                and event_kinds.channel in ('chat', 'email', 'phone', 'social', 'store')
            then session_places.position
        end
    ) as intent_position
from session_places
join event_kinds on session_places.kind_number = event_kinds.kind_number
group by
    session_places.customer_rank,
    session_places.channel_number,
    session_places.session_number
