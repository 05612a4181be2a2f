-- attribution_credits: the credit of each touchpoint before an outcome, by every rule.
-- Grain: one row per customer_id, journey_number, position, model.
-- Reads: attribution_touches.
-- Kept as a view: six rows for each touchpoint, and one reader.
with
    parted as (
        select
            attribution_touches.customer_id,
            attribution_touches.journey_number,
            attribution_touches.position,
            attribution_touches.touchpoint,
            attribution_touches.channel,
            attribution_touches.outcome_touchpoint,
            attribution_touches.status,
            attribution_touches.value_cents,
            models.model,
            case
                models.model
                when 'first'
                then case when attribution_touches.is_first then 1e0 else 0e0 end
                when 'last'
                then case when attribution_touches.is_last then 1e0 else 0e0 end
                when 'last non-direct'
                then
                    case
                        when attribution_touches.is_last_non_direct then 1e0 else 0e0
                    end
                when 'linear'
                then attribution_touches.linear_until
                when 'position'
                then attribution_touches.position_until
                else attribution_touches.decay_until
            end as until_share,
            case
                models.model
                when 'linear'
                then attribution_touches.linear_after
                when 'position'
                then attribution_touches.position_after
                when 'time decay'
                then attribution_touches.decay_after
                else 0e0
            end as after_share
        from attribution_touches
        cross join
            (
                values
                    ('first'),
                    ('last'),
                    ('last non-direct'),
                    ('linear'),
                    ('position'),
                    ('time decay')
            ) as models(model)
    )

select
    customer_id,
    journey_number,
    position,
    touchpoint,
    channel,
    outcome_touchpoint,
    status,
    model,
    cast(floor(1000000e0 * until_share) as bigint)
    - cast(floor(1000000e0 * after_share) as bigint) as credit_millionths,
    cast(floor(value_cents * until_share) as bigint)
    - cast(floor(value_cents * after_share) as bigint) as value_cents
from parted
