-- lifecycle_spells: each customer's runs of weeks or months in one state.
-- Grain: one row per series_number (of weeks or months), customer_rank, from_number.
-- Reads: active_periods, activity_series, business_days, parameters.
-- The states are those of lifecycle. Only periods over at as_of count; a customer's
-- spells begin with the first active one and leave no period out.
with
    numbered as (
        select
            business_days.utc_day,
            business_days.from_us,
            business_days.until_us,
            activity_series.series_number,
            case
                activity_series.period
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end as number
        from business_days
        cross join activity_series
        where activity_series.period in ('week', 'month')
    ),

    -- The last period that was over.
    ended as (
        select numbered.series_number, numbered.number - 1 as last_number
        from parameters
        join
            numbered
            on parameters.as_of_us >= numbered.from_us
            and parameters.as_of_us < numbered.until_us
    ),

    paced as (
        select
            active_periods.series_number,
            active_periods.customer_rank,
            active_periods.number,
            ended.last_number,
            active_periods.first_us - active_periods.previous_us as silence_us,
            active_periods.last_us + parameters.dormancy_us as dormant_us,
            case
                when active_periods.next_number <= ended.last_number
                then active_periods.next_number
            end as next_number
        from active_periods
        join
            ended
            on active_periods.series_number = ended.series_number
            and active_periods.number <= ended.last_number
        cross join parameters
    ),

    -- Silence is over the limit at the end of the period in which it gets there, and
    -- at that of all later ones. A limit reached after all known days is not reached.
    limited as (
        select
            paced.series_number,
            paced.customer_rank,
            paced.number,
            case
                when paced.silence_us is null
                then 'new'
                when paced.silence_us > parameters.dormancy_us
                then 'returning'
                else 'current'
            end as state,
            coalesce(paced.next_number, paced.last_number + 1) as next_number,
            greatest(
                paced.number + 1,
                least(
                    coalesce(numbered.number, paced.last_number + 1),
                    coalesce(paced.next_number, paced.last_number + 1)
                )
            ) as dormant_number
        from paced
        cross join parameters
        left join
            numbered
            on paced.series_number = numbered.series_number
            and cast(floor(cast(paced.dormant_us as double) / 86400000000e0) as bigint)
            = numbered.utc_day
            and paced.dormant_us >= numbered.from_us
            and paced.dormant_us < numbered.until_us
    ),

    spells as (
        select
            series_number,
            customer_rank,
            state,
            number as from_number,
            number as to_number
        from limited
        union all
        select
            series_number,
            customer_rank,
            'at risk' as state,
            number + 1 as from_number,
            dormant_number - 1 as to_number
        from limited
        where dormant_number > number + 1
        union all
        select
            series_number,
            customer_rank,
            'dormant' as state,
            dormant_number as from_number,
            next_number - 1 as to_number
        from limited
        where next_number > dormant_number
    )

select
    series_number,
    customer_rank,
    state,
    from_number,
    to_number,
    coalesce(
        lag(state) over (
            partition by customer_rank, series_number order by from_number
        ),
        '(none)'
    ) as previous_state
from spells
