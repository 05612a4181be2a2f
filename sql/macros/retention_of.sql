-- retention_of(entry_touchpoint, return_touchpoint := null, period := 'day',
-- clock := 'calendar', entry := 'first', upto := 30, width := 1): of those who met one
-- touchpoint, how many met another later, or were active at all.
-- Grain: one row per cohort_on and from_number; without cohort_on for all cohorts.
-- Reads: activity_days, business_days, parameters, touchpoint_days, touchpoints.
-- period is day, week or month; clock and cohort_on mean what they mean in the table
-- retention; entry is first, or recurring: every period with the entry. Periods after
-- entry are told up to upto, in brackets of width: 0 alone, then 1 to width and so on.
-- A return is at or after the instant of entry, so period 0 says nothing where both
-- touchpoints are the same. retained_count were back in the bracket, later_count in it
-- or in a later period that is over; both are of possible_count, for whom the bracket
-- was over at as_of.
create or replace macro retention_of(
    entry_touchpoint,
    return_touchpoint := null,
    period := 'day',
    clock := 'calendar',
    entry := 'first',
    upto := 30,
    width := 1
) as table
with
    asked as (
        select
            case
                when not exists (from touchpoints where touchpoint = entry_touchpoint)
                then
                    error(
                        'no touchpoint is named '
                        || entry_touchpoint
                        || '; see the table touchpoints'
                    )
                when
                    return_touchpoint is not null
                    and not exists (from touchpoints where touchpoint = return_touchpoint)
                then
                    error(
                        'no touchpoint is named '
                        || return_touchpoint
                        || '; see the table touchpoints'
                    )
                when period not in ('day', 'week', 'month')
                then error('period is day, week or month, not ' || period)
                when clock not in ('calendar', 'rolling')
                then error('clock is calendar or rolling, not ' || clock)
                when entry not in ('first', 'recurring')
                then error('entry is first or recurring, not ' || entry)
                else parameters.as_of_us
            end as as_of_us,
            case
                period
                when 'day'
                then 86400000000
                when 'week'
                then 604800000000
                else 2592000000000
            end as width_us
        from parameters
    ),

    today as (
        select
            asked.as_of_us,
            asked.width_us,
            case
                period
                when 'day'
                then business_days.day_number
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end as number
        from asked
        join
            business_days
            on asked.as_of_us >= business_days.from_us
            and asked.as_of_us < business_days.until_us
    ),

    numbered as (
        select distinct
            day_number,
            case
                period
                when 'day'
                then day_number
                when 'week'
                then week_number
                else month_number
            end as number,
            case
                period when 'day' then day_on when 'week' then week_on else month_on
            end as cohort_on
        from business_days
    ),

-- One row a customer, or with recurring entries a customer and period.
    met as (
        select
            touchpoint_days.customer_number,
            min(numbered.number) as number,
            min(touchpoint_days.first_us) as entry_us
        from touchpoint_days
        join numbered on touchpoint_days.day_number = numbered.day_number
        where touchpoint_days.touchpoint = entry_touchpoint
        group by
            touchpoint_days.customer_number,
            case when entry = 'recurring' then numbered.number end
    ),

    entered as materialized (
        select
            met.customer_number,
            met.number as entry_number,
            met.entry_us,
            today.width_us,
            case
                when clock = 'calendar'
                then today.number - met.number - 1
                else floor((today.as_of_us - met.entry_us) / today.width_us) - 1
            end as reach_number
        from met
        cross join today
    ),

    back as (
        select customer_number, day_number, first_us, last_us
        from touchpoint_days
        where touchpoint = return_touchpoint
        union all
        select customer_number, day_number, first_us, last_us
        from activity_days
        where return_touchpoint is null and activity = 'any'
    ),

-- A piece of a day lies in one rolling window, or in the two beside its end.
    returned as (
        select
            entered.customer_number,
            entered.entry_number,
            entered.reach_number,
            case
                when clock = 'calendar'
                then numbered.number - entered.entry_number
                when sides.is_last
                then floor((back.last_us - entered.entry_us) / entered.width_us)
                else
                    floor(
                        (greatest(back.first_us, entered.entry_us) - entered.entry_us)
                        / entered.width_us
                    )
            end as number
        from entered
        join
            back
            on entered.customer_number = back.customer_number
            and back.last_us >= entered.entry_us
        join numbered on back.day_number = numbered.day_number
        cross join (values (true), (false)) as sides(is_last)
        where clock = 'rolling' or sides.is_last
    ),

-- One row an entry and bracket that somebody was back in; all after the last as one.
    bracketed as materialized (
        select
            customer_number,
            entry_number,
            cast(
                least(ceil(number / width), ceil(upto / width) + 1) as bigint
            ) as bracket,
            min(reach_number) as reach_number,
            max(number) as number
        from returned
        group by
            customer_number,
            entry_number,
            cast(least(ceil(number / width), ceil(upto / width) + 1) as bigint)
    ),

    brackets as (
        select
            bracket,
            case when bracket = 0 then 0 else (bracket - 1) * width + 1 end as from_number,
            bracket * width as to_number
        from
            (
                select unnest(range(0, cast(ceil(upto / width) as bigint) + 1)) as bracket
            ) as counted_brackets
    ),

-- Few rows from here on: one for each period of entry and what comes after it.
    cohorts as (select distinct number, cohort_on from numbered),

    reaching as (
        select entry_number, reach_number, count(*) as entry_count
        from entered
        group by entry_number, reach_number
    ),

    cells as (
        select
            cohorts.cohort_on,
            brackets.from_number,
            brackets.to_number,
            cast(sum(reaching.entry_count) as bigint) as cohort_count,
            cast(
                coalesce(
                    sum(reaching.entry_count) filter (
                        reaching.reach_number >= brackets.to_number
                    ),
                    0
                ) as bigint
            ) as possible_count
        from reaching
        join cohorts on reaching.entry_number = cohorts.number
        cross join brackets
        group by
            grouping sets (
                (cohorts.cohort_on, brackets.from_number, brackets.to_number),
                (brackets.from_number, brackets.to_number)
            )
    ),

    last_seen as (
        select
            entry_number,
            min(reach_number) as reach_number,
            least(max(number), min(reach_number)) as last_number
        from bracketed
        group by customer_number, entry_number
    ),

    leaving as (
        select entry_number, reach_number, last_number, count(*) as entry_count
        from last_seen
        group by entry_number, reach_number, last_number
    ),

    later as (
        select
            cohorts.cohort_on,
            brackets.from_number,
            cast(sum(leaving.entry_count) as bigint) as later_count
        from leaving
        join cohorts on leaving.entry_number = cohorts.number
        join
            brackets
            on leaving.last_number >= brackets.from_number
            and leaving.reach_number >= brackets.to_number
        group by
            grouping sets (
                (cohorts.cohort_on, brackets.from_number), (brackets.from_number)
            )
    ),

    hitting as (
        select entry_number, reach_number, bracket, count(*) as entry_count
        from bracketed
        group by entry_number, reach_number, bracket
    ),

    hits as (
        select
            cohorts.cohort_on,
            brackets.from_number,
            cast(sum(hitting.entry_count) as bigint) as retained_count
        from hitting
        join cohorts on hitting.entry_number = cohorts.number
        join
            brackets
            on hitting.bracket = brackets.bracket
            and hitting.reach_number >= brackets.to_number
        group by
            grouping sets (
                (cohorts.cohort_on, brackets.from_number), (brackets.from_number)
            )
    ),

-- Wilson's 95 % interval: z = 1.959963984540054.
    counted as (
        select
            cells.*,
            coalesce(hits.retained_count, 0) as retained_count,
            coalesce(later.later_count, 0) as later_count,
            nullif(cells.possible_count, 0) as possible_total,
            coalesce(hits.retained_count, 0) + 1.920729410347062 as middle,
            1.959963984540054 * sqrt(
                coalesce(hits.retained_count, 0)
                * (cells.possible_count - coalesce(hits.retained_count, 0))
                / nullif(cells.possible_count, 0)
                + 0.960364705173531
            ) as reach,
            nullif(cells.possible_count, 0) + 3.841458820694124 as scale
        from cells
        left join
            hits
            on cells.cohort_on is not distinct from hits.cohort_on
            and cells.from_number = hits.from_number
        left join
            later
            on cells.cohort_on is not distinct from later.cohort_on
            and cells.from_number = later.from_number
    )

select
    cohort_on,
    from_number,
    to_number,
    cohort_count,
    possible_count,
    retained_count,
    retained_count / possible_total as retained_share,
    greatest(middle - reach, 0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    later_count,
    later_count / possible_total as later_share,
    possible_count = cohort_count as is_complete
from counted
order by cohort_on nulls first, from_number
