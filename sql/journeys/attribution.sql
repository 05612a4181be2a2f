-- attribution: the credit that channels and touchpoints get for outcomes, by rules.
-- Grain: one row per outcome_touchpoint, grain (channel or touchpoint), name, model.
-- Reads: attribution_credits, attribution_reach.
-- Credit goes to the touchpoints before the outcome in its journey, or to the outcome
-- where it is alone. Models: first and last, all to one; last non-direct, all to the
-- last
-- one that is not direct (direct: the customer came to the web by themselves), the last
-- where all are; linear, to all alike; position, 40 % to the first, 40 % to the last
-- and
-- 20 % to the others (half to each of two); time decay, half as much for each seven
-- days
-- before the last. Credits are whole millionths of an outcome, values whole cents: for
-- each outcome, grain and model they add up to the outcomes and their value exactly.
-- touched_count are journeys with that outcome and this name before it; completed,
-- ended
-- and open are all journeys with this name, those that converted to nothing included.
-- Rules divide what happened and do not say what would happen without: removal_effects.
with
    credited as (
        select
            attribution_credits.outcome_touchpoint,
            attribution_credits.status,
            grains.grain,
            case
                when grains.grain = 'channel'
                then attribution_credits.channel
                else attribution_credits.touchpoint
            end as name,
            attribution_credits.model,
            attribution_credits.customer_id,
            attribution_credits.journey_number,
            cast(
                sum(attribution_credits.credit_millionths) as bigint
            ) as credit_millionths,
            cast(sum(attribution_credits.value_cents) as bigint) as value_cents
        from attribution_credits
        cross join (values ('channel'), ('touchpoint')) as grains(grain)
        group by
            attribution_credits.outcome_touchpoint,
            attribution_credits.status,
            grains.grain,
            case
                when grains.grain = 'channel'
                then attribution_credits.channel
                else attribution_credits.touchpoint
            end,
            attribution_credits.model,
            attribution_credits.customer_id,
            attribution_credits.journey_number
    ),

    counted as (
        select
            outcome_touchpoint,
            status,
            grain,
            name,
            model,
            count(*) as touched_count,
            cast(sum(credit_millionths) as bigint) as credit_millionths,
            cast(sum(value_cents) as bigint) as value_cents
        from credited
        group by outcome_touchpoint, status, grain, name, model
    )

select
    counted.outcome_touchpoint,
    counted.status,
    counted.grain,
    counted.name,
    counted.model,
    counted.touched_count,
    counted.credit_millionths,
    cast(counted.credit_millionths as double) / 1000000e0 as credit,
    counted.value_cents,
    attribution_reach.completed,
    attribution_reach.ended,
    attribution_reach.open
from counted
join
    attribution_reach
    on counted.grain = attribution_reach.grain
    and counted.name = attribution_reach.name
order by outcome_touchpoint, grain, model, credit_millionths desc, name
