-- retention_entries: who entered which cohort, and how far each can be seen since.
-- Grain: one row per clock, entry, period, activity, customer_rank, number.
-- Reads: active_periods, business_days, parameters.
-- reach_number is the last period after entry that was over at as_of; last_number the
-- last one, of those, that the customer was seen in or after.
with
    today as (
        select
            periods.period,
            case
                periods.period
                when 'day'
                then business_days.day_number
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end as number,
            periods.width_us,
            parameters.as_of_us
        from parameters
        join
            business_days
            on parameters.as_of_us >= business_days.from_us
            and parameters.as_of_us < business_days.until_us
        cross join
            (
                values
                    ('day', 86400000000),
                    ('week', 604800000000),
                    ('month', 2592000000000)
            ) as periods(period, width_us)
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

    followed as (
        select
            *,
            row_number() over known as place,
            max(number) over known as last_active_number,
            max(last_us) over known as last_active_us
        from active_periods
        window
            known as (
                partition by activity, period, customer_rank
                order by number
                rows between unbounded preceding and unbounded following
            )
    ),

    entered as (
        select
            clocks.clock,
            clocks.entry,
            followed.period,
            followed.activity,
            followed.customer_rank,
            followed.number,
            cohorts.cohort_on,
            followed.first_us as entry_us,
            case
                when clocks.clock = 'calendar'
                then today.number - followed.number - 1
                else
                    cast(
                        floor(
                            cast(today.as_of_us - followed.first_us as double)
                            / today.width_us
                        ) as bigint
                    )
                    - 1
            end as reach_number,
            case
                when clocks.clock = 'calendar'
                then followed.last_active_number - followed.number
                else
                    cast(
                        floor(
                            cast(followed.last_active_us - followed.first_us as double)
                            / today.width_us
                        ) as bigint
                    )
            end as last_active_number
        from followed
        join today on followed.period = today.period
        join
            cohorts
            on followed.period = cohorts.period
            and followed.number = cohorts.number
        join
            (
                values
                    ('calendar', 'first'),
                    ('rolling', 'first'),
                    ('calendar', 'recurring')
            ) as clocks(clock, entry)
            on (clocks.entry = 'first' and followed.place = 1)
            or (clocks.entry = 'recurring' and followed.period <> 'day')
    )

select
    clock,
    entry,
    period,
    activity,
    customer_rank,
    number,
    cohort_on,
    entry_us,
    reach_number,
    least(last_active_number, reach_number) as last_number
from entered
