-- ordered_events: every event of a customer, in the one order all else rests on.
-- Grain: one row per customer_id, position.
-- Reads: event_kinds, event_places.
-- Kept as a view: it is event_places, told in words.
select
    event_places.customer_id,
    event_places.customer_rank,
    event_places.position,
    cast(event_places.event_key as varchar) as event_id,
    event_places.event_key,
    event_places.occurred_at,
    epoch_us(event_places.occurred_at) as occurred_us,
    event_places.kind_number,
    event_kinds.time_precision,
    event_kinds.source,
    event_kinds.channel,
    event_kinds.channel_number,
    event_kinds.kind,
    event_kinds.label,
    event_kinds.touchpoint,
    event_kinds.touchpoint_number,
    event_kinds.stage,
    event_kinds.stage_position,
    event_kinds.actor,
    event_kinds.initiator,
    event_kinds.outcome,
    event_kinds.is_value,
    event_kinds.owner,
    event_kinds.device_kind,
    -- A deal's amount is a hope, told again at each of its steps, until it is won.
    case
        when
            substr(event_kinds.kind, 1, 5) <> 'deal_'
            or event_kinds.outcome = 'completes'
        then event_places.amount_cents
    end as amount_cents,
    event_places.sentiment,
    event_kinds.score_kind,
    event_places.score,
    event_places.tie_broken_by is not null as is_tied,
    event_places.tie_broken_by,
    event_places.is_uncertain,
    event_places.attribution
from event_places
join event_kinds on event_places.kind_number = event_kinds.kind_number
