-- persona_trait_counts: how many customers of each persona did or are something.
-- Grain: one row per persona, factor, value.
-- Reads: attribute_values, customer_personas, journey_events, ordered_events,
-- persona_steps.
-- known_count: of how many it is known at all; of what people did, of all.
with
    facts as (
        select customer_id, 'touchpoint' as factor, touchpoint as value
        from journey_events
        where journey_number is not null
        union
        select customer_id, 'channel' as factor, channel as value
        from journey_events
        where journey_number is not null
        union
        select customer_id, 'first' as factor, to_name as value
        from persona_steps
        where from_name = '(start)'
        union
        select customer_id, 'step' as factor, from_name || ' > ' || to_name as value
        from persona_steps
        where from_name <> '(start)'
        union
        select customer_id, 'device' as factor, device_kind as value
        from ordered_events
        where device_kind is not null
        union
        select customer_id, attribute as factor, value
        from attribute_values
        where
            place = 1
            and attribute
            in ('country', 'region', 'city', 'language', 'gender', 'job_title')
    ),

    told as (
        select customer_personas.persona, facts.customer_id, facts.factor, facts.value
        from facts
        join customer_personas on facts.customer_id = customer_personas.customer_id
    ),

    known as (
        select persona, factor, count(distinct customer_id) as known_count
        from told
        group by persona, factor
    ),

    sized as (
        select persona, count(*) as customer_count
        from customer_personas
        group by persona
    ),

    -- Of a value that a persona does not have, a row with none.
    every as (
        select sized.persona, sized.customer_count, held.factor, held.value
        from sized
        cross join (select distinct factor, value from told) as held
    ),

    counted as (
        select persona, factor, value, count(*) as customer_count
        from told
        group by persona, factor, value
    )

select
    every.persona,
    every.factor,
    every.value,
    coalesce(counted.customer_count, 0) as customer_count,
    case
        when every.factor in ('touchpoint', 'channel', 'first', 'step')
        then every.customer_count
        else coalesce(known.known_count, 0)
    end as known_count
from every
left join known on every.persona = known.persona and every.factor = known.factor
left join
    counted
    on every.persona = counted.persona
    and every.factor = counted.factor
    and every.value = counted.value
order by every.persona, every.factor, every.value
