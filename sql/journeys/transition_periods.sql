-- transition_periods: settled transitions of 28 days, and of the 28 days before them.
-- Grain: one row per grain, from_name, to_name.
-- Reads: parameters, transition_steps.
-- Kept as a view: it is read once.
-- The later 28 days end one dormancy limit before as_of: whatever was touched by then
-- has settled, so no transition of either period is missing because it was slow. A
-- transition is of the instant at which its visit was last touched. One customer's
-- transitions are alike: `scatter` is how many times as much the counts vary as those
-- of so many strangers would (1 or more), from both periods together.
with
    dated as (
        select
            transition_steps.grain,
            transition_steps.from_name,
            transition_steps.to_name,
            transition_steps.customer_id,
            parameters.as_of_us - parameters.dormancy_us - transition_steps.touched_us
            > 2419200000000 as is_before
        from transition_steps
        cross join parameters
        where
            transition_steps.is_settled
            and transition_steps.touched_us
            < parameters.as_of_us - parameters.dormancy_us
            and transition_steps.touched_us
            >= parameters.as_of_us - parameters.dormancy_us - 4838400000000
    ),

    owned as (
        select
            grain,
            from_name,
            to_name,
            customer_id,
            count(*) as own_count,
            cast(sum(case when is_before then 1 else 0 end) as bigint) as before_count
        from dated
        group by grain, from_name, to_name, customer_id
    ),

    leaving as (
        select
            *,
            cast(
                sum(own_count) over (
                    partition by grain, from_name, customer_id
                ) as bigint
            ) as own_total
        from owned
    ),

    customers_leaving as (
        select
            grain,
            from_name,
            count(distinct customer_id) as customer_count,
            cast(sum(own_count) as bigint) as whole_count,
            -- Once per customer: a customer's rows add up to own_total.
            cast(sum(own_count * own_total) as bigint) as squared_totals
        from leaving
        group by grain, from_name
    ),

    counted as (
        select
            grain,
            from_name,
            to_name,
            cast(sum(before_count) as bigint) as before_count,
            cast(sum(own_count) as bigint) as part_count,
            cast(sum(own_count * own_count) as bigint) as squared_counts,
            cast(sum(own_count * own_total) as bigint) as products
        from leaving
        group by grain, from_name, to_name
    ),

    spread as (
        select
            counted.grain,
            counted.from_name,
            counted.to_name,
            counted.before_count,
            counted.part_count - counted.before_count as after_count,
            counted.squared_counts,
            counted.products,
            customers_leaving.squared_totals,
            customers_leaving.whole_count,
            cast(counted.part_count as double) / customers_leaving.whole_count as share,
            cast(customers_leaving.customer_count as double)
            / nullif(customers_leaving.customer_count - 1, 0) as correction
        from counted
        join
            customers_leaving
            on counted.grain = customers_leaving.grain
            and counted.from_name = customers_leaving.from_name
    )

select
    grain,
    from_name,
    to_name,
    before_count,
    after_count,
    -- Rao and Scott, A simple method for the analysis of clustered binary data
    -- (Biometrics 48, 1992): variance by customers over variance by transitions.
    greatest(
        coalesce(
            correction
            * (squared_counts - 2e0 * share * products + share * share * squared_totals)
            / nullif(whole_count * share * (1e0 - share), 0e0),
            1e0
        ),
        1e0
    ) as scatter
from spread
