-- funnel_trend(steps, period := 'week', ...): how many of each day's, week's or
-- month's entries came through a funnel.
-- Grain: one row per segment and period (UTC) with an entry.
-- Reads: attribute_values, customer_numbers, event_descriptions, events,
-- numbered_events, runs, stages, touchpoints.
-- The meaning of all other parameters stands with funnel_reached.
-- A period is finished once the window of an entry at its very end is over. Of one
-- that is not, shares are of its settled entries only, and may yet change.
create or replace macro funnel_trend(
    steps,
    period := 'week',
    window_days := 14,
    ordering := 'ordered',
    anchored := [],
    optional_steps := [],
    step_days := [],
    excluded := [],
    excluded_between := null,
    exclusion := 'keep',
    hold := null,
    counting := 'customers',
    reentry := null,
    ties := 'position',
    named := 'any',
    breakdown := null,
    entered_from := null,
    entered_until := null,
    report_as_of := null
) as table
with
    reached as materialized (
        select segment, entered_at, step, reached_hours, is_converted, is_settled
        from funnel_reached(
            steps,
            window_days := window_days,
            ordering := ordering,
            anchored := anchored,
            optional_steps := optional_steps,
            step_days := step_days,
            excluded := excluded,
            excluded_between := excluded_between,
            exclusion := exclusion,
            hold := hold,
            counting := counting,
            reentry := reentry,
            ties := ties,
            named := named,
            breakdown := breakdown,
            entered_from := entered_from,
            entered_until := entered_until,
            report_as_of := report_as_of,
            with_customers := breakdown is not null
        )
    ),

    placed as (
        select
            *,
            case
                when period in ('day', 'week', 'month')
                then cast(date_trunc(period, entered_at) as date)
                else error('funnel: period is one of day, week, month')
            end as entered_on
        from reached
    ),

    counted as (
        select
            segment,
            entered_on,
            count(*) filter (step = 1) as entered_count,
            count(*) filter (step = 1 and is_converted) as converted_count,
            count(*) filter (step = 1 and is_settled) as settled_count,
            count(*) filter (
                step = 1 and is_settled and is_converted
            ) as settled_converted_count
        from placed
        group by segment, entered_on
    ),

    as_of as (
        select coalesce(cast(report_as_of as timestamp), max(runs.as_of)) as reported_at
        from runs
    ),

-- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            settled_converted_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_converted_count
                    * (settled_count - settled_converted_count) as double
                )
                / nullif(settled_count, 0)
                + 0.960364705173531e0
            ) as reach,
            nullif(settled_count, 0) + 3.841458820694124e0 as scale
        from counted
    )

select
    bounded.segment,
    bounded.entered_on,
    bounded.entered_count,
    bounded.converted_count,
    bounded.settled_count,
    bounded.settled_converted_count,
    bounded.settled_converted_count
    / cast(nullif(bounded.settled_count, 0) as double) as share,
    greatest(bounded.middle - bounded.reach, 0e0) / bounded.scale as share_low,
    least(bounded.middle + bounded.reach, bounded.scale) / bounded.scale as share_high,
    window_days is null
    or epoch_us(as_of.reported_at)
    - epoch_us(
        cast(
            case period
                when 'day'
                then bounded.entered_on + interval 1 day
                when 'week'
                then bounded.entered_on + interval 7 day
                else bounded.entered_on + interval 1 month
            end as timestamp
        )
    )
    >= cast(round(window_days * 86400000000) as bigint) as is_finished
from bounded
cross join as_of
order by bounded.segment, bounded.entered_on
