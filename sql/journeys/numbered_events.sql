-- numbered_events: every event of a customer in whole numbers, for funnels.
-- Grain: one row per customer_number, position.
-- Reads: customer_numbers, customer_ranks, event_descriptions, event_kinds,
-- journey_places, ordered_events.
-- A repeat is described as the customer's event just before it, in the same journey or
-- as much in none; what is repeated has such a repeat just after it; what is both lies
-- within a run (is_inner).
with
    -- Few rows; the events themselves are described by numbers alone.
    kinds as (
        select
            event_kinds.kind_number,
            event_descriptions.attribution,
            event_descriptions.description_number
        from event_kinds
        join
            event_descriptions
            on event_kinds.touchpoint is not distinct from event_descriptions.touchpoint
            and event_kinds.stage is not distinct from event_descriptions.stage
            and event_kinds.kind is not distinct from event_descriptions.kind
            and event_kinds.source is not distinct from event_descriptions.source
            and event_kinds.channel is not distinct from event_descriptions.channel
            and event_kinds.actor is not distinct from event_descriptions.actor
            and event_kinds.device_kind
            is not distinct from event_descriptions.device_kind
    ),

    ranked as (
        select customer_ranks.customer_rank, customer_numbers.customer_number
        from customer_ranks
        join
            customer_numbers
            on customer_ranks.customer_id = customer_numbers.customer_id
    ),

    described as (
        select
            kinds.description_number,
            ranked.customer_number,
            cast(ordered_events.position as integer) as position,
            cast(journey_places.journey_number as integer) as journey_number,
            ordered_events.occurred_us
        from ordered_events
        join ranked on ordered_events.customer_rank = ranked.customer_rank
        join
            kinds
            on ordered_events.kind_number = kinds.kind_number
            and ordered_events.attribution is not distinct from kinds.attribution
        -- Only touchpoints are in a journey.
        left join
            journey_places
            on ordered_events.customer_rank = journey_places.customer_rank
            and ordered_events.position = journey_places.position
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
    ),

    marked as (
        select
            *,
            coalesce(previous_number = description_number, false)
            and previous_journey_number
            is not distinct from journey_number as is_repeat,
            coalesce(next_number = description_number, false)
            and next_journey_number is not distinct from journey_number as is_repeated
        from neighbouring
    )

select
    description_number,
    customer_number,
    position,
    journey_number,
    occurred_us,
    is_repeat,
    is_repeated,
    is_repeat and is_repeated as is_inner
from marked
-- So that who asks for one touchpoint reads its rows alone, and those within its runs
-- only where they matter.
order by description_number, is_inner, customer_number, position
