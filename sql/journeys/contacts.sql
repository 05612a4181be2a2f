-- contacts: every session with a touchpoint on the way: who began it, and what about.
-- Grain: one row per customer_id, position of the session's first event.
-- Reads: ordered_events, session_events, sessions, touchpoints.
-- A contact is a session in which a touchpoint with a stage was met. Who began it is
-- told by who acted in its first event: the customer, or else (an agent, a bot, a
-- system) the company. In crm, where an agent writes down what either side did, and
-- where an event does not say who acted, the catalogue's initiator of its first
-- touchpoint tells. Its intent is its first touchpoint that the customer begins; it is
-- effort where that is no page, no purchase (is_value) and no decision (outcome): a
-- chat, call, mail, visit or post.
with
    met as (
        select
            session_events.customer_id,
            session_events.channel,
            session_events.session_number,
            min(session_events.position) as staged_position,
            min(
                case
                    when touchpoints.initiator = 'customer' then session_events.position
                end
            ) as customer_position,
            min(
                case
                    when
                        touchpoints.initiator = 'customer'
                        and touchpoints.outcome is null
                        and not touchpoints.is_value
                        and session_events.channel
                        in ('chat', 'email', 'phone', 'social', 'store')
                    then session_events.position
                end
            ) as intent_position
        from session_events
        join touchpoints on session_events.touchpoint = touchpoints.touchpoint
        where touchpoints.stage is not null
        group by
            session_events.customer_id,
            session_events.channel,
            session_events.session_number
    ),

    begun as (
        select
            met.customer_id,
            met.channel,
            met.session_number,
            met.intent_position,
            sessions.first_position as position,
            sessions.started_at,
            sessions.ended_at,
            case
                when met.channel = 'crm' or first_event.actor is null
                then
                    case
                        when met.customer_position = met.staged_position
                        then 'customer'
                        else 'company'
                    end
                when first_event.actor = 'customer'
                then 'customer'
                else 'company'
            end as begun_by
        from met
        join
            sessions
            on met.customer_id = sessions.customer_id
            and met.channel = sessions.channel
            and met.session_number = sessions.session_number
        join
            ordered_events as first_event
            on met.customer_id = first_event.customer_id
            and sessions.first_position = first_event.position
    )

select
    begun.customer_id,
    begun.channel,
    begun.session_number,
    begun.begun_by,
    begun.started_at,
    begun.ended_at,
    begun.position,
    begun.intent_position,
    intent.touchpoint as intent,
    intent.stage as intent_stage,
    begun.begun_by = 'customer' and intent.touchpoint is not null as is_effort
from begun
left join
    ordered_events as intent
    on begun.customer_id = intent.customer_id
    and begun.intent_position = intent.position
