-- numbered_events: every event of a customer in whole numbers, for funnels.
-- Grain: one row per customer_number, position.
-- Reads: customer_numbers, event_descriptions, journey_events, ordered_events.
-- A repeat is described as the customer's event just before it, in the same journey or
-- as much in none; what is repeated has such a repeat just after it.
with
    described as (
        select
            event_descriptions.description_number,
            customer_numbers.customer_number,
            cast(ordered_events.position as integer) as position,
            cast(journey_events.journey_number as integer) as journey_number,
            ordered_events.occurred_us
        from ordered_events
        join
            customer_numbers
            on ordered_events.customer_id = customer_numbers.customer_id
        join
            event_descriptions
            on ordered_events.touchpoint
            is not distinct from event_descriptions.touchpoint
            and ordered_events.stage is not distinct from event_descriptions.stage
            and ordered_events.kind is not distinct from event_descriptions.kind
            and ordered_events.source is not distinct from event_descriptions.source
            and ordered_events.channel is not distinct from event_descriptions.channel
            and ordered_events.actor is not distinct from event_descriptions.actor
            and ordered_events.device_kind
            is not distinct from event_descriptions.device_kind
            and ordered_events.attribution
            is not distinct from event_descriptions.attribution
        -- Only touchpoints are in a journey.
        left join
            journey_events
            on ordered_events.customer_id = journey_events.customer_id
            and ordered_events.position = journey_events.position
    ),

    neighbouring as (
        select
            *,
            lag(description_number) over way as previous_number,
            lag(journey_number) over way as previous_journey_number,
            lead(description_number) over way as next_number,
            lead(journey_number) over way as next_journey_number
        from described
        window way as (partition by customer_number order by position)
    )

select
    description_number,
    customer_number,
    position,
    journey_number,
    occurred_us,
    coalesce(previous_number = description_number, false)
    and previous_journey_number is not distinct from journey_number as is_repeat,
    coalesce(next_number = description_number, false)
    and next_journey_number is not distinct from journey_number as is_repeated
from neighbouring
-- So that who asks for one touchpoint reads its rows alone.
order by description_number, customer_number, position
