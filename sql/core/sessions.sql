-- sessions: a customer's events in one channel, cut where it falls silent over its gap.
-- Grain: one row per customer_id, channel, session_number.
-- Reads: customer_ranks, event_kinds, session_places.
with
    gathered as (
        select
            session_places.customer_rank,
            session_places.channel_number,
            session_places.session_number,
            min(session_places.occurred_at) as started_at,
            max(session_places.occurred_at) as ended_at,
            epoch_us(max(session_places.occurred_at))
            - epoch_us(min(session_places.occurred_at)) as duration_us,
            count(*) as event_count,
            count(event_kinds.touchpoint_number) as touchpoint_count,
            min(session_places.position) as first_position,
            max(session_places.position) as last_position
        from session_places
        join event_kinds on session_places.kind_number = event_kinds.kind_number
        group by
            session_places.customer_rank,
            session_places.channel_number,
            session_places.session_number
    )

select
    customer_ranks.customer_id,
    event_kinds.channel,
    gathered.session_number,
    gathered.started_at,
    gathered.ended_at,
    cast(gathered.duration_us as double) / 60000000e0 as duration_minutes,
    gathered.event_count,
    gathered.touchpoint_count,
    gathered.first_position,
    gathered.last_position
from gathered
join customer_ranks on gathered.customer_rank = customer_ranks.customer_rank
join event_kinds on gathered.channel_number = event_kinds.kind_number
