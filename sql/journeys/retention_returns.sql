-- retention_returns: the periods after entry in which a customer of a cohort was back.
-- Grain: one row per clock, entry, period, activity, cohort_on, customer_id,
-- entry_number, number.
-- Reads: active_periods, activity_days, retention_entries, retention_spans.
with
    -- Nobody asks for a period after the last span.
    limits as (
        select period, max(to_number) as last_number
        from retention_spans
        group by period
    ),

    limited as (
        select
            retention_entries.*,
            least(retention_entries.reach_number, limits.last_number) as until_number
        from retention_entries
        join limits on retention_entries.period = limits.period
    ),

    by_calendar as (
        select
            limited.clock,
            limited.entry,
            limited.period,
            limited.activity,
            limited.cohort_on,
            limited.customer_id,
            limited.number as entry_number,
            active_periods.number - limited.number as number,
            limited.reach_number
        from limited
        join
            active_periods
            on limited.activity = active_periods.activity
            and limited.period = active_periods.period
            and limited.customer_id = active_periods.customer_id
            and active_periods.number
            between limited.number and limited.number + limited.until_number
        where limited.clock = 'calendar'
    ),

    -- A piece of a day lies in one window, or in the two on both sides of its end.
    rolling as (
        select
            limited.clock,
            limited.entry,
            limited.period,
            limited.activity,
            limited.cohort_on,
            limited.customer_id,
            limited.number as entry_number,
            limited.reach_number,
            limited.until_number,
            cast(
                floor(
                    cast(
                        case
                            when sides.is_last
                            then activity_days.last_us
                            else activity_days.first_us
                        end
                        - limited.entry_us as double
                    ) / case
                        limited.period
                        when 'day'
                        then 86400000000
                        when 'week'
                        then 604800000000
                        else 2592000000000
                    end
                ) as bigint
            ) as number
        from limited
        join
            activity_days
            on limited.activity = activity_days.activity
            and limited.customer_id = activity_days.customer_id
        cross join (values (true), (false)) as sides(is_last)
        where limited.clock = 'rolling'
    ),

    returned as (
        select
            clock,
            entry,
            period,
            activity,
            cohort_on,
            customer_id,
            entry_number,
            number,
            reach_number
        from by_calendar
        union all
        select distinct
            clock,
            entry,
            period,
            activity,
            cohort_on,
            customer_id,
            entry_number,
            number,
            reach_number
        from rolling
        where number between 0 and until_number
    )

select
    clock,
    entry,
    period,
    activity,
    cohort_on,
    customer_id,
    entry_number,
    number,
    reach_number
from returned
