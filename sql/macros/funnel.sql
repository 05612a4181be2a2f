-- funnel(steps, ...): how many come how far in a funnel, how soon, and where they are
-- lost.
-- Grain: one row per segment and step; any order: per segment and number of steps
-- done.
-- Reads: attribute_values, customer_numbers, event_descriptions, events,
-- numbered_events, runs, stages, touchpoints.
-- The meaning of every parameter stands with funnel_reached, which gives the entries
-- one by one: `from funnel(['Signed up', 'Order placed'], window_days := 30)`.
-- reached_count, all that came to the step by the instant of the report;
-- settled_count, those of them whose window was over then, so that nothing can follow.
-- Shares and hours are of the settled alone: of entries still open neither the quick
-- count as all, nor the others as lost.
-- open_count came to the step before, not yet to this one, and have time left.
-- share: of all settled entries. step_share: of those at the step before, optional
-- ones passed over; lost_count those of them who did not come on. Both with Wilson's
-- 95 % interval. hours: from the entry. step_hours: from the step before.
create or replace macro funnel(
    steps,
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
        select segment, step, reached_hours, step_hours, is_settled
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

    rungs as (
        select
            cast(generate_subscripts(steps, 1) as bigint) as step,
            unnest(steps) as label
    ),

    named_rungs as (
        select
            step,
            case
                when ordering <> 'any' or list_contains(anchored, step)
                then label
                else 'any ' || step || ' of ' || len(steps)
            end as name,
            list_contains(optional_steps, step) as is_optional
        from rungs
    ),

    ordered_rungs as (
        select
            *,
            max(case when not is_optional then step end) over (
                order by step rows between unbounded preceding and 1 preceding
            ) as previous_step
        from named_rungs
    ),

    counted as (
        select
            segment,
            step,
            count(*) as reached_count,
            count(*) filter (is_settled) as settled_count,
            percentile_cont(0.5) within group (
                order by case when is_settled then reached_hours end
            ) as hours_p50,
            percentile_cont(0.9) within group (
                order by case when is_settled then reached_hours end
            ) as hours_p90,
            percentile_cont(0.5) within group (
                order by case when is_settled then step_hours end
            ) as step_hours_p50,
            percentile_cont(0.9) within group (
                order by case when is_settled then step_hours end
            ) as step_hours_p90
        from reached
        group by segment, step
    ),

-- Every step of every segment, also those that nobody reached.
    segments as (
        select distinct segment
        from counted
        union
        select '(all)' as segment
        where breakdown is null
    ),

    filled as (
        select
            segments.segment,
            ordered_rungs.step,
            ordered_rungs.name,
            ordered_rungs.is_optional,
            coalesce(counted.reached_count, 0) as reached_count,
            coalesce(counted.settled_count, 0) as settled_count,
            case
                when ordered_rungs.step > 1 then coalesce(previous.reached_count, 0)
            end as previous_reached_count,
            case
                when ordered_rungs.step > 1 then coalesce(previous.settled_count, 0)
            end as previous_settled_count,
            coalesce(entered.settled_count, 0) as entered_settled_count,
            counted.hours_p50,
            counted.hours_p90,
            counted.step_hours_p50,
            counted.step_hours_p90
        from segments
        cross join ordered_rungs
        left join
            counted
            on segments.segment = counted.segment
            and ordered_rungs.step = counted.step
        left join
            counted as previous
            on segments.segment = previous.segment
            and ordered_rungs.previous_step = previous.step
        left join
            counted as entered
            on segments.segment = entered.segment
            and entered.step = 1
    ),

-- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_count * (entered_settled_count - settled_count) as double
                )
                / nullif(entered_settled_count, 0)
                + 0.960364705173531e0
            ) as reach,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_count * (previous_settled_count - settled_count) as double
                )
                / nullif(previous_settled_count, 0)
                + 0.960364705173531e0
            ) as step_reach
        from filled
    )

select
    segment,
    step,
    name,
    is_optional,
    reached_count,
    greatest(previous_reached_count - previous_settled_count, 0)
    - greatest(
        case when step > 1 then reached_count - settled_count end, 0
    ) as open_count,
    settled_count,
    case
        when not is_optional then previous_settled_count - settled_count
    end as lost_count,
    settled_count / cast(nullif(entered_settled_count, 0) as double) as share,
    greatest(settled_count + 1.920729410347062e0 - reach, 0e0)
    / (nullif(entered_settled_count, 0) + 3.841458820694124e0) as share_low,
    least(
        settled_count + 1.920729410347062e0 + reach,
        entered_settled_count + 3.841458820694124e0
    )
    / (nullif(entered_settled_count, 0) + 3.841458820694124e0) as share_high,
    settled_count / cast(nullif(previous_settled_count, 0) as double) as step_share,
    greatest(settled_count + 1.920729410347062e0 - step_reach, 0e0)
    / (nullif(previous_settled_count, 0) + 3.841458820694124e0) as step_share_low,
    case
        when step > 1
        then
            least(
                settled_count + 1.920729410347062e0 + step_reach,
                previous_settled_count + 3.841458820694124e0
            )
            / (nullif(previous_settled_count, 0) + 3.841458820694124e0)
    end as step_share_high,
    hours_p50,
    hours_p90,
    step_hours_p50,
    step_hours_p90
from bounded
order by segment, step
