-- retention: of those who came in one period, how many came back, and when.
-- Grain: one row per clock, entry, period, activity, cohort_on, measure, from_number.
-- Reads: activity_series, retention_entries, retention_returns, retention_spans.
-- clock: calendar counts days, weeks (from Monday) or months of the company's time zone
-- from the one of entry, which is 0; rolling counts windows of 24 hours, 7 times or 30
-- times 24 hours from the instant of entry, each with its first instant and without its
-- last. entry: first is a customer's first activity ever; recurring makes every week or
-- month in which they were active an entry of its own. cohort_on: the first day of the
-- period of entry, in the company's time zone, under either clock.
-- measure: on counts who were active in the period from_number; bracket who were active
-- in any from from_number to to_number; on_or_after who were active in from_number or
-- any later period that is over. possible_count are those who could have reached the
-- cell: all of its periods (of on_or_after the first) were over for them at as_of.
-- retained_count counts among them alone, so an incomplete cell is not too low; where
-- is_complete is false it is of fewer than cohort_count, and with none there is no
-- share.
-- Counts add up over cohorts: sum(retained_count) / sum(possible_count) is the curve.
with
    reached as (
        select
            clock,
            entry,
            series_number,
            cohort_on,
            reach_number,
            last_number,
            count(*) as entry_count
        from retention_entries
        group by clock, entry, series_number, cohort_on, reach_number, last_number
    ),

    cells as (
        select
            reached.clock,
            reached.entry,
            activity_series.period,
            activity_series.activity,
            reached.cohort_on,
            retention_spans.measure,
            retention_spans.from_number,
            retention_spans.to_number,
            cast(sum(reached.entry_count) as bigint) as cohort_count,
            cast(
                sum(
                    case
                        when
                            reached.reach_number >= coalesce(
                                retention_spans.to_number, retention_spans.from_number
                            )
                        then reached.entry_count
                        else 0
                    end
                ) as bigint
            ) as possible_count,
            cast(
                sum(
                    case
                        when reached.last_number >= retention_spans.from_number
                        then reached.entry_count
                        else 0
                    end
                ) as bigint
            ) as later_count
        from reached
        join activity_series on reached.series_number = activity_series.series_number
        join retention_spans on activity_series.period = retention_spans.period
        group by
            reached.clock,
            reached.entry,
            activity_series.period,
            activity_series.activity,
            reached.cohort_on,
            retention_spans.measure,
            retention_spans.from_number,
            retention_spans.to_number
    ),

    -- Of somebody back several times within a span the first time counts.
    returned as (
        select
            retention_returns.clock,
            retention_returns.entry,
            activity_series.period,
            activity_series.activity,
            retention_returns.cohort_on,
            retention_spans.measure,
            retention_spans.from_number,
            cast(sum(retention_returns.customer_count) as bigint) as retained_count
        from retention_returns
        join
            activity_series
            on retention_returns.series_number = activity_series.series_number
        join
            retention_spans
            on activity_series.period = retention_spans.period
            and retention_returns.number
            between retention_spans.from_number and retention_spans.to_number
        where
            retention_spans.measure in ('on', 'bracket')
            and retention_returns.reach_number >= retention_spans.to_number
            and retention_returns.previous_number < retention_spans.from_number
        group by
            retention_returns.clock,
            retention_returns.entry,
            activity_series.period,
            activity_series.activity,
            retention_returns.cohort_on,
            retention_spans.measure,
            retention_spans.from_number
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            counted.*,
            nullif(counted.possible_count, 0) as possible_total,
            counted.retained_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    counted.retained_count
                    * (counted.possible_count - counted.retained_count) as double
                )
                / nullif(counted.possible_count, 0)
                + 0.960364705173531e0
            ) as spread,
            nullif(counted.possible_count, 0) + 3.841458820694124e0 as scale
        from
            (
                select
                    cells.*,
                    case
                        when cells.measure = 'on_or_after'
                        then cells.later_count
                        else coalesce(returned.retained_count, 0)
                    end as retained_count
                from cells
                -- Nobody may have come back.
                left join
                    returned
                    on cells.clock = returned.clock
                    and cells.entry = returned.entry
                    and cells.period = returned.period
                    and cells.activity = returned.activity
                    and cells.cohort_on = returned.cohort_on
                    and cells.measure = returned.measure
                    and cells.from_number = returned.from_number
            ) as counted
    )

select
    clock,
    entry,
    period,
    activity,
    cohort_on,
    measure,
    from_number,
    to_number,
    cohort_count,
    possible_count,
    retained_count,
    cast(retained_count as double) / possible_total as retained_share,
    greatest(middle - spread, 0e0) / scale as share_low,
    least(middle + spread, scale) / scale as share_high,
    possible_count = cohort_count as is_complete
from bounded
order by clock, entry, period, activity, cohort_on, measure, from_number
