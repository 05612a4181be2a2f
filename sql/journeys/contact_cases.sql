-- contact_cases: what customers had to ask for, from the first contact about it to its
-- resolution.
-- Grain: one row per customer_id, position of the first contact's first event.
-- Reads: contacts, journey_events, journeys, ordered_events, parameters.
-- A case is a customer's contacts that are effort (see contacts) in one stage, without
-- more than seven days between one and the next; seven days exactly belong together.
-- It is `resolved` if a ticket, case or conversation was closed, solved or resolved
-- after its last contact began and before the next case did (`told`; by a touchpoint
-- of the same stage within the dormancy limit, or by an event without touchpoint
-- before that contact was over), or if the customer made no contact for seven days and
-- was then seen to go on: a later sign of life in the same journey, or its
-- completion. It is `left` if the journey ended without one, and else `open`.
-- All cases whose last contact is seven days old or less are open: they may go on.
-- Hours run from the begin of the first contact to what told the resolution, or else
-- to the end of the last contact.
with
    efforts as (
        select
            contacts.customer_id,
            contacts.position,
            contacts.intent,
            contacts.intent_stage as stage,
            journey_events.journey_number,
            epoch_us(contacts.started_at) as started_us,
            epoch_us(contacts.ended_at) as ended_us,
            max(epoch_us(contacts.ended_at)) over (
                partition by contacts.customer_id, contacts.intent_stage
                order by contacts.position
                rows between unbounded preceding and 1 preceding
            ) as previous_ended_us
        from contacts
        join
            journey_events
            on contacts.customer_id = journey_events.customer_id
            and contacts.intent_position = journey_events.position
        where contacts.is_effort
    ),

    numbered as (
        select
            *,
            cast(
                sum(
                    case
                        when started_us - previous_ended_us <= 604800000000
                        then 0
                        else 1
                    end
                ) over (
                    partition by customer_id, stage
                    order by position
                    rows between unbounded preceding and current row
                ) as bigint
            ) as case_number
        from efforts
    ),

    gathered as (
        select
            customer_id,
            stage,
            case_number,
            min(position) as position,
            max(position) as last_position,
            min(started_us) as started_us,
            max(ended_us) as ended_us,
            max(journey_number) as journey_number,
            count(*) as contact_count
        from numbered
        group by customer_id, stage, case_number
    ),

    followed as (
        select
            gathered.*,
            numbered.intent,
            lead(gathered.position) over (
                partition by gathered.customer_id, gathered.stage
                order by gathered.position
            ) as next_position
        from gathered
        join
            numbered
            on gathered.customer_id = numbered.customer_id
            and gathered.position = numbered.position
    ),

    tellings as (
        select customer_id, position, occurred_us, stage
        from ordered_events
        where
            split_part(kind, '_', 1) in (
                'case',
                'chat',
                'complaint',
                'conversation',
                'incident',
                'issue',
                'request',
                'ticket'
            )
            and split_part(kind, '_', 2) in ('closed', 'resolved', 'solved')
    ),

    told as (
        select
            followed.customer_id,
            followed.position,
            max(tellings.occurred_us) as told_us
        from followed
        join
            tellings
            on followed.customer_id = tellings.customer_id
            and tellings.position > followed.last_position
            and tellings.position
            < coalesce(followed.next_position, 9223372036854775807)
            and (
                tellings.stage = followed.stage
                or tellings.stage is null
                and tellings.occurred_us <= followed.ended_us
            )
        cross join parameters
        where tellings.occurred_us - followed.ended_us <= parameters.dormancy_us
        group by followed.customer_id, followed.position
    )

select
    followed.customer_id,
    followed.position,
    followed.stage,
    followed.intent,
    followed.contact_count,
    case
        when parameters.as_of_us - followed.ended_us <= 604800000000
        then 'open'
        when
            told.told_us is not null
            or journeys.status = 'completed'
            or epoch_us(journeys.last_sign_at) - followed.ended_us > 604800000000
        then 'resolved'
        when journeys.status = 'ended'
        then 'left'
        else 'open'
    end as status,
    told.told_us is not null as is_told,
    cast(coalesce(told.told_us, followed.ended_us) - followed.started_us as double)
    / 3600000000e0 as resolution_hours
from followed
cross join parameters
join
    journeys
    on followed.customer_id = journeys.customer_id
    and followed.journey_number = journeys.journey_number
-- Few resolutions are told.
left join
    told
    on followed.customer_id = told.customer_id
    and followed.position = told.position
