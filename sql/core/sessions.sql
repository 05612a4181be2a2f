-- sessions: a customer's events in one channel, cut where it falls silent over its gap.
-- Grain: one row per customer_id, channel, session_number.
-- Reads: customer_ranks, event_kinds, session_spans.
-- Kept as a view: it is session_spans, told in words.
select
    customer_ranks.customer_id,
    event_kinds.channel,
    session_spans.session_number,
    session_spans.started_at,
    session_spans.ended_at,
    cast(
        epoch_us(session_spans.ended_at) - epoch_us(session_spans.started_at) as double
    )
    / 60000000e0 as duration_minutes,
    session_spans.event_count,
    session_spans.touchpoint_count,
    session_spans.first_position,
    session_spans.last_position
from session_spans
join customer_ranks on session_spans.customer_rank = customer_ranks.customer_rank
join event_kinds on session_spans.channel_number = event_kinds.kind_number
