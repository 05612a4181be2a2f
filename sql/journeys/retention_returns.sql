-- retention_returns: how many of each cohort were back in which period after entry.
-- Grain: one row per clock, entry, series_number, cohort_on, reach_number, number,
-- previous_number.
-- Reads: active_periods, activity_days, activity_series, retention_entries,
-- retention_spans.
-- previous_number is the last period before number in which they were active: who was
-- back between two periods is counted once, where it lies before the first of them.
with
    -- Nobody asks for a period after the last span.
    limits as (
        select
            activity_series.series_number, max(retention_spans.to_number) as last_number
        from retention_spans
        join activity_series on retention_spans.period = activity_series.period
        group by activity_series.series_number
    ),

    limited as (
        select
            retention_entries.*,
            cast(
                least(retention_entries.reach_number, limits.last_number) as integer
            ) as until_number
        from retention_entries
        join limits on retention_entries.series_number = limits.series_number
    ),

    by_calendar as (
        select
            limited.clock,
            limited.entry,
            limited.series_number,
            limited.cohort_on,
            limited.reach_number,
            active_periods.number - limited.number as number,
            greatest(
                coalesce(active_periods.previous_number - limited.number, -1), -1
            ) as previous_number
        from limited
        join
            active_periods
            on limited.series_number = active_periods.series_number
            and limited.customer_rank = active_periods.customer_rank
            and active_periods.number
            between limited.number and limited.number + limited.until_number
        where limited.clock = 'calendar'
    ),

    paced as (
        select
            activity,
            customer_rank,
            first_us,
            last_us,
            lag(last_us) over (
                partition by customer_rank, activity order by day_number, utc_day
            ) as previous_us
        from activity_days
    ),

    -- A piece of a day lies in one window, or in the two on both sides of its end.
    pieces as (
        select
            limited.clock,
            limited.entry,
            limited.series_number,
            limited.cohort_on,
            limited.reach_number,
            limited.until_number,
            cast(
                floor(
                    cast(paced.first_us - limited.entry_us as double)
                    / activity_series.width_us
                ) as bigint
            ) as first_number,
            cast(
                floor(
                    cast(paced.last_us - limited.entry_us as double)
                    / activity_series.width_us
                ) as bigint
            ) as last_number,
            coalesce(
                cast(
                    floor(
                        cast(paced.previous_us - limited.entry_us as double)
                        / activity_series.width_us
                    ) as bigint
                ),
                -1
            ) as previous_number
        from limited
        join activity_series on limited.series_number = activity_series.series_number
        join
            paced
            on activity_series.activity = paced.activity
            and limited.customer_rank = paced.customer_rank
        where limited.clock = 'rolling'
    ),

    back as (
        select
            clock,
            entry,
            series_number,
            cohort_on,
            reach_number,
            number,
            previous_number
        from by_calendar
        union all
        select
            clock,
            entry,
            series_number,
            cohort_on,
            reach_number,
            first_number as number,
            previous_number
        from pieces
        where first_number > previous_number and first_number <= until_number
        union all
        select
            clock,
            entry,
            series_number,
            cohort_on,
            reach_number,
            last_number as number,
            first_number as previous_number
        from pieces
        where last_number > first_number and last_number <= until_number
    )

select
    clock,
    entry,
    series_number,
    cohort_on,
    reach_number,
    number,
    previous_number,
    count(*) as customer_count
from back
group by clock, entry, series_number, cohort_on, reach_number, number, previous_number
