-- An event of a person takes its place, or names no known customer, or lies after
-- as_of.
with
    landed as (
        select
            known_events.source,
            count(*) as landed_count,
            cast(
                sum(
                    case
                        when
                            event_customers.event_key is not null
                            and known_events.occurred_at <= parameters.as_of
                        then 1
                        else 0
                    end
                ) as bigint
            ) as placed_count
        from known_events
        cross join parameters
        left join event_customers on known_events.event_key = event_customers.event_key
        where not known_events.is_machine
        group by known_events.source
    ),

    placed as (
        select source, count(*) as ordered_count from ordered_events group by source
    )

select landed.source, landed.landed_count, landed.placed_count, placed.ordered_count
from landed
left join placed on landed.source = placed.source
where landed.placed_count <> coalesce(placed.ordered_count, 0)
