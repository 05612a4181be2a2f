-- session_events: every event of a customer with the session it belongs to.
-- Grain: one row per customer_id, position.
-- Reads: customer_ranks, event_kinds, session_places.
-- Kept as a view: it is session_places, told in words.
select
    customer_ranks.customer_id,
    session_places.customer_rank,
    session_places.position,
    event_kinds.channel,
    event_kinds.touchpoint,
    session_places.occurred_at,
    epoch_us(session_places.occurred_at) as occurred_us,
    session_places.session_number
from session_places
join customer_ranks on session_places.customer_rank = customer_ranks.customer_rank
join event_kinds on session_places.kind_number = event_kinds.kind_number
