-- persona_outcomes: how the journeys of each persona come out.
-- Grain: one row per persona.
-- Reads: customer_personas, journeys, parameters.
-- Settled: closed, and last touched longer than the dormancy limit before as_of.
with
    settled as (
        select
            customer_personas.persona,
            journeys.status,
            journeys.status <> 'open'
            and parameters.as_of_us - epoch_us(journeys.last_touched_at)
            > parameters.dormancy_us as is_settled
        from journeys
        cross join parameters
        join customer_personas on journeys.customer_id = customer_personas.customer_id
    )

select
    persona,
    count(*) as journey_count,
    cast(sum(case when is_settled then 1 else 0 end) as bigint) as settled_count,
    cast(
        sum(case when is_settled and status = 'completed' then 1 else 0 end) as bigint
    ) as settled_completed_count
from settled
group by persona
order by persona
