-- unseen_events: what customers did whose stages no rule can see, by stretch.
-- Grain: one row per customer_id, position.
-- Reads: ordered_events, parameters, unseen_customers.
-- Their own acts, and all touchpoints: what agents and systems write beside them is
-- not told. A stretch ends as a journey does, but over all of these: by an outcome, or
-- by a silence longer than the dormancy limit; one of exactly the limit goes on.
with
    paced as (
        select
            ordered_events.customer_id,
            unseen_customers.place,
            ordered_events.position,
            ordered_events.occurred_at,
            ordered_events.occurred_us,
            ordered_events.stage,
            coalesce(
                ordered_events.touchpoint,
                ordered_events.channel || ': ' || ordered_events.kind
            ) as symbol,
            lag(ordered_events.occurred_us) over way as previous_us,
            lag(ordered_events.outcome) over way as previous_outcome
        from ordered_events
        join
            unseen_customers
            on ordered_events.customer_id = unseen_customers.customer_id
        where
            coalesce(ordered_events.actor, 'customer') = 'customer'
            or ordered_events.touchpoint is not null
        window
            way as (
                partition by ordered_events.customer_id order by ordered_events.position
            )
    )

select
    paced.customer_id,
    paced.place,
    paced.position,
    1 + cast(
        sum(
            case
                when
                    paced.previous_outcome is not null
                    or paced.occurred_us - paced.previous_us > parameters.dormancy_us
                then 1
                else 0
            end
        ) over (
            partition by paced.customer_id
            order by paced.position
            rows between unbounded preceding and current row
        ) as bigint
    ) as stretch_number,
    paced.occurred_at,
    paced.symbol,
    paced.stage
from paced
cross join parameters
order by paced.place, paced.position
