-- Every rule divides the same outcomes and the same money, to the last cent.
with
    decided as (
        select
            outcome_touchpoint,
            status,
            count(*) as journey_count,
            cast(sum(value_cents) as bigint) as value_cents
        from journeys
        where outcome_touchpoint is not null
        group by outcome_touchpoint, status
    ),

    credited as (
        select
            outcome_touchpoint,
            status,
            grain,
            model,
            cast(sum(credit_millionths) as bigint) as credit_millionths,
            cast(sum(value_cents) as bigint) as value_cents
        from attribution
        group by outcome_touchpoint, status, grain, model
    )

select
    decided.outcome_touchpoint,
    credited.grain,
    credited.model,
    credited.credit_millionths,
    decided.journey_count
from decided
left join
    credited
    on decided.outcome_touchpoint = credited.outcome_touchpoint
    and decided.status = credited.status
where
    credited.model is null
    or credited.credit_millionths <> 1000000 * decided.journey_count
    or credited.value_cents <> decided.value_cents
