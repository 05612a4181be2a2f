-- retention_entries: who entered which cohort, and how far each can be seen since.
-- Grain: one row per clock, entry, series_number, customer_rank, number.
-- Reads: active_periods, activity_series, business_days, parameters.
-- reach_number is the last period after entry that was over at as_of; last_number the
-- last one, of those, that the customer was seen in or after.
with
    today as (
        select
            activity_series.series_number,
            activity_series.period,
            case
                activity_series.period
                when 'day'
                then business_days.day_number
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end as number,
            activity_series.width_us,
            parameters.as_of_us
        from parameters
        join
            business_days
            on parameters.as_of_us >= business_days.from_us
            and parameters.as_of_us < business_days.until_us
        cross join activity_series
    ),

    cohorts as (
        select distinct 'day' as period, day_number as number, day_on as cohort_on
        from business_days
        union all
        select distinct 'week' as period, week_number as number, week_on as cohort_on
        from business_days
        union all
        select distinct 'month' as period, month_number as number, month_on as cohort_on
        from business_days
    ),

    entered as (
        select
            clocks.clock,
            clocks.entry,
            active_periods.series_number,
            active_periods.customer_rank,
            active_periods.number,
            cohorts.cohort_on,
            active_periods.first_us as entry_us,
            case
                when clocks.clock = 'calendar'
                then today.number - active_periods.number - 1
                else
                    cast(
                        floor(
                            cast(today.as_of_us - active_periods.first_us as double)
                            / today.width_us
                        ) as bigint
                    )
                    - 1
            end as reach_number,
            case
                when clocks.clock = 'calendar'
                then active_periods.last_active_number - active_periods.number
                else
                    cast(
                        floor(
                            cast(
                                active_periods.last_active_us
                                - active_periods.first_us as double
                            )
                            / today.width_us
                        ) as bigint
                    )
            end as last_active_number
        from active_periods
        join today on active_periods.series_number = today.series_number
        join
            cohorts
            on today.period = cohorts.period
            and active_periods.number = cohorts.number
        join
            (
                values
                    ('calendar', 'first'),
                    ('rolling', 'first'),
                    ('calendar', 'recurring')
            ) as clocks(clock, entry)
            on (clocks.entry = 'first' and active_periods.previous_number is null)
            or (clocks.entry = 'recurring' and today.period <> 'day')
    )

select
    clock,
    entry,
    series_number,
    customer_rank,
    number,
    cohort_on,
    entry_us,
    reach_number,
    least(last_active_number, reach_number) as last_number
from entered
