-- contacts: every session with a touchpoint on the way: who began it, and what about.
-- Grain: one row per customer_id, position of the session's first event.
-- Reads: customer_ranks, event_kinds, session_places, session_spans.
-- A contact is a session in which a touchpoint with a stage was met. Who began it is
-- told by who acted in its first event: the customer, or else (an agent, a bot, a
-- system) the company. In crm, where an agent writes down what either side did, and
-- where an event does not say who acted, the catalogue's initiator of its first
-- touchpoint tells. Its intent is its first touchpoint that the customer begins; it is
-- effort where that is no page, no purchase (is_value) and no decision (outcome): a
-- chat, call, mail, visit or post.
with
    begun as (
        select
            session_spans.*,
            first_kinds.channel,
            case
                when first_kinds.channel = 'crm' or first_kinds.actor is null
                then
                    case
                        when
                            session_spans.customer_position
                            = session_spans.staged_position
                        then 'customer'
                        else 'company'
                    end
                when first_kinds.actor = 'customer'
                then 'customer'
                else 'company'
            end as begun_by
        from session_spans
        join
            event_kinds as first_kinds
            on session_spans.first_kind_number = first_kinds.kind_number
        where session_spans.staged_position is not null
    )

select
    customer_ranks.customer_id,
    begun.customer_rank,
    begun.channel,
    begun.channel_number,
    begun.session_number,
    begun.begun_by,
    begun.started_at,
    begun.ended_at,
    begun.first_position as position,
    begun.intent_position,
    intent_kinds.touchpoint as intent,
    intent_kinds.stage as intent_stage,
    begun.begun_by = 'customer' and intent_kinds.touchpoint is not null as is_effort
from begun
join customer_ranks on begun.customer_rank = customer_ranks.customer_rank
-- Few contacts are of help that the customer asks for.
left join
    session_places as intent
    on begun.customer_rank = intent.customer_rank
    and begun.intent_position = intent.position
left join event_kinds as intent_kinds on intent.kind_number = intent_kinds.kind_number
