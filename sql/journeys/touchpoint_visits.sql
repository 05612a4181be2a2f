-- touchpoint_visits: every touchpoint of a journey on its way, and what came next.
-- Grain: one row per customer_id, position, for touchpoints with stage and journey.
-- Reads: event_kinds, visit_places.
-- Kept as a view: it is visit_places, told in words.
select
    visit_places.customer_id,
    visit_places.journey_number,
    visit_places.step,
    visit_places.position,
    visit_places.occurred_at,
    epoch_us(visit_places.occurred_at) as occurred_us,
    event_kinds.touchpoint,
    event_kinds.stage,
    event_kinds.stage_position,
    event_kinds.channel,
    event_kinds.owner,
    event_kinds.device_kind,
    next_kinds.touchpoint as next_touchpoint,
    next_kinds.stage as next_stage,
    next_kinds.channel as next_channel,
    next_kinds.owner as next_owner,
    visit_places.next_occurred_at,
    epoch_us(visit_places.next_occurred_at)
    - epoch_us(visit_places.occurred_at) as wait_us,
    visit_places.exit,
    visit_places.is_settled,
    visit_places.is_uncertain,
    visit_places.step = 1 as is_first,
    visit_places.is_entry,
    visit_places.is_leave
from visit_places
join event_kinds on visit_places.kind_number = event_kinds.kind_number
-- Nothing follows a journey's last touchpoint.
left join
    event_kinds as next_kinds on visit_places.next_kind_number = next_kinds.kind_number
