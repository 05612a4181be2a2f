-- journey_events: every touchpoint of a customer with the journey it belongs to.
-- Grain: one row per customer_id, position, for every touchpoint.
-- Reads: event_kinds, journey_places.
-- Kept as a view: it is journey_places, told in words.
select
    journey_places.customer_id,
    journey_places.customer_rank,
    journey_places.position,
    journey_places.journey_number,
    journey_places.occurred_at,
    epoch_us(journey_places.occurred_at) as occurred_us,
    journey_places.kind_number,
    event_kinds.touchpoint,
    event_kinds.stage,
    event_kinds.stage_position,
    event_kinds.channel,
    event_kinds.owner,
    event_kinds.initiator,
    event_kinds.outcome,
    event_kinds.is_value,
    event_kinds.device_kind,
    journey_places.amount_cents,
    journey_places.is_uncertain,
    journey_places.is_sign,
    journey_places.is_opening
from journey_places
join event_kinds on journey_places.kind_number = event_kinds.kind_number
