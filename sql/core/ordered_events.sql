-- ordered_events: every event of a customer, in the one order all else rests on.
-- Grain: one row per customer_id, position.
-- Reads: event_customers, kind_touchpoints, known_events, parameters, sources,
-- touchpoints.
with
    attributed as (
        select
            event_customers.customer_id,
            event_customers.is_uncertain,
            event_customers.attribution,
            known_events.event_id,
            known_events.occurred_at,
            epoch_us(known_events.occurred_at) as occurred_us,
            coalesce(sources.rank, 2147483647) as source_rank,
            known_events.source_sequence,
            known_events.time_precision,
            known_events.source,
            known_events.channel,
            known_events.kind,
            known_events.label,
            known_events.actor,
            known_events.device_kind,
            case
                when
                    known_events.currency is null
                    or known_events.currency = parameters.currency
                then known_events.amount_cents
            end as amount_cents,
            known_events.sentiment,
            known_events.score_kind,
            known_events.score
        from known_events
        join event_customers on known_events.event_id = event_customers.event_id
        cross join parameters
        -- A source taken out of the configuration keeps its events, after all others.
        left join sources on known_events.source = sources.source
        where
            not known_events.is_machine and known_events.occurred_at <= parameters.as_of
    ),

    numbered as (
        select
            *,
            row_number() over way as position,
            lag(occurred_us) over way as previous_us,
            lag(source_rank) over way as previous_rank,
            lag(source) over way as previous_source,
            lag(kind) over way as previous_kind,
            lag(time_precision) over way as previous_precision,
            lag(source_sequence) over way as previous_sequence
        from attributed
        window
            way as (
                partition by customer_id
                order by occurred_us, source_rank, source_sequence, event_id
            )
    )

select
    numbered.customer_id,
    numbered.position,
    numbered.event_id,
    numbered.occurred_at,
    numbered.occurred_us,
    numbered.time_precision,
    numbered.source,
    numbered.channel,
    numbered.kind,
    numbered.label,
    touchpoints.touchpoint,
    touchpoints.stage,
    touchpoints.stage_position,
    numbered.actor,
    touchpoints.initiator,
    touchpoints.outcome,
    touchpoints.is_value,
    touchpoints.owner,
    numbered.device_kind,
    -- A deal's amount is a hope, told again at each of its steps, until it is won.
    case
        when substr(numbered.kind, 1, 5) <> 'deal_' or touchpoints.outcome = 'completes'
        then numbered.amount_cents
    end as amount_cents,
    numbered.sentiment,
    numbered.score_kind,
    numbered.score,
    coalesce(numbered.occurred_us = numbered.previous_us, false) as is_tied,
    -- What put it after the one before it, at whose instant it is.
    case
        when numbered.occurred_us = numbered.previous_us
        then
            case
                when numbered.source_rank <> numbered.previous_rank
                then 'source rank'
                -- What two sources count says nothing of which came first.
                when
                    numbered.source = numbered.previous_source
                    and numbered.source_sequence <> numbered.previous_sequence
                then 'sequence'
                else 'event id'
            end
    end as tie_broken_by,
    numbered.previous_source,
    numbered.previous_kind,
    numbered.previous_precision,
    numbered.is_uncertain,
    numbered.attribution
from numbered
left join
    kind_touchpoints
    on numbered.channel = kind_touchpoints.channel
    and numbered.kind = kind_touchpoints.kind
    and numbered.label is not distinct from kind_touchpoints.label
-- Events that no touchpoint describes keep their place.
left join touchpoints on kind_touchpoints.touchpoint = touchpoints.touchpoint
