-- persona_ways: journeys of each persona, in an order of chance, as short texts.
-- Grain: one row per customer_id, journey_number.
-- Reads: customer_personas, journey_events, path_codes, persona_customers.
-- A character is a code of path_codes; a touchpoint that follows itself stands once.
-- Up to so many journeys of a persona as the variable most_journeys says.
with
    moved as (
        select
            customer_personas.persona,
            persona_customers.place,
            journey_events.customer_id,
            journey_events.journey_number,
            journey_events.position,
            journey_events.touchpoint,
            lag(journey_events.touchpoint) over (
                partition by journey_events.customer_id, journey_events.journey_number
                order by journey_events.position
            ) as previous_touchpoint
        from journey_events
        join
            customer_personas
            on journey_events.customer_id = customer_personas.customer_id
        join
            persona_customers
            on journey_events.customer_id = persona_customers.customer_id
        where journey_events.journey_number is not null
    ),

    placed as (
        select
            customer_id,
            journey_number,
            row_number() over (
                partition by persona order by place, journey_number
            ) as draw
        from moved
        where previous_touchpoint is null
    )

select
    moved.persona,
    moved.customer_id,
    moved.journey_number,
    placed.draw,
    string_agg(path_codes.code, '' order by moved.position) as codes
from moved
join
    placed
    on moved.customer_id = placed.customer_id
    and moved.journey_number = placed.journey_number
    and placed.draw <= getvariable('most_journeys')
join
    path_codes on path_codes.grain = 'touchpoint' and moved.touchpoint = path_codes.name
where moved.previous_touchpoint is distinct from moved.touchpoint
group by moved.persona, moved.customer_id, moved.journey_number, placed.draw
order by moved.persona, placed.draw
