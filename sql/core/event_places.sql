-- event_places: the place of every event of a customer in the one order that all else
-- rests on.
-- Grain: one row per customer_rank, position.
-- Reads: customer_ranks, event_customers, event_kinds, known_events, parameters.
-- kind_number is what event_kinds says of the event.
with
    attributed as (
        select
            event_customers.customer_rank,
            event_customers.is_uncertain,
            event_customers.attribution,
            known_events.event_key,
            epoch_us(known_events.occurred_at) as occurred_us,
            known_events.occurred_at,
            event_kinds.kind_number,
            event_kinds.source_rank,
            known_events.source_sequence,
            case
                when
                    known_events.currency is null
                    or known_events.currency = parameters.currency
                then known_events.amount_cents
            end as amount_cents,
            known_events.sentiment,
            known_events.score
        from known_events
        join event_customers on known_events.event_key = event_customers.event_key
        cross join parameters
        join
            event_kinds
            on known_events.source is not distinct from event_kinds.source
            and known_events.channel is not distinct from event_kinds.channel
            and known_events.kind is not distinct from event_kinds.kind
            and known_events.label is not distinct from event_kinds.label
            and known_events.actor is not distinct from event_kinds.actor
            and known_events.device_kind is not distinct from event_kinds.device_kind
            and known_events.time_precision
            is not distinct from event_kinds.time_precision
            and known_events.score_kind is not distinct from event_kinds.score_kind
        where
            not known_events.is_machine and known_events.occurred_at <= parameters.as_of
    ),

    numbered as (
        select
            *,
            row_number() over way as position,
            lag(occurred_us) over way as previous_us,
            lag(source_sequence) over way as previous_sequence,
            lag(kind_number) over way as previous_kind_number
        from attributed
        window
            way as (
                partition by customer_rank
                order by occurred_us, source_rank, source_sequence, event_key
            )
    )

select
    customer_ranks.customer_id,
    numbered.customer_rank,
    numbered.position,
    numbered.event_key,
    numbered.occurred_at,
    numbered.kind_number,
    numbered.previous_kind_number,
    -- What put it after the one before it, at whose instant it is.
    case
        when numbered.occurred_us = numbered.previous_us
        then
            case
                when event_kinds.source_rank <> previous_kinds.source_rank
                then 'source rank'
                -- What two sources count says nothing of which came first.
                when
                    event_kinds.source = previous_kinds.source
                    and numbered.source_sequence <> numbered.previous_sequence
                then 'sequence'
                else 'event id'
            end
    end as tie_broken_by,
    numbered.amount_cents,
    numbered.sentiment,
    numbered.score,
    numbered.is_uncertain,
    numbered.attribution
from numbered
join customer_ranks on numbered.customer_rank = customer_ranks.customer_rank
join event_kinds on numbered.kind_number = event_kinds.kind_number
-- A first event follows none.
left join
    event_kinds as previous_kinds
    on numbered.previous_kind_number = previous_kinds.kind_number
