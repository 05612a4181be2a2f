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

    met as (
        select
            touchpoint_days.customer_id,
            numbered.number,
            numbered.cohort_on,
            min(touchpoint_days.first_us) as entry_us
        from touchpoint_days
        join numbered on touchpoint_days.day_number = numbered.day_number
        where touchpoint_days.touchpoint = entry_touchpoint
        group by touchpoint_days.customer_id, numbered.number, numbered.cohort_on
    ),

    placed as (
        select
            *, row_number() over (partition by customer_id order by number) as place
        from met
    ),

    entered as (
        select
            placed.customer_id,
            placed.number as entry_number,
            placed.cohort_on,
            placed.entry_us,
            today.width_us,
            case
                when clock = 'calendar'
                then today.number - placed.number - 1
                else floor((today.as_of_us - placed.entry_us) / today.width_us) - 1
            end as reach_number
        from placed
        cross join today
        where entry = 'recurring' or placed.place = 1
    ),

    back as (
        select customer_id, day_number, first_us, last_us
        from touchpoint_days
        where touchpoint = return_touchpoint
        union all
        select customer_id, day_number, first_us, last_us
        from activity_days
        where return_touchpoint is null and activity = 'any'
    ),

-- A piece of a day lies in one rolling window, or in the two beside its end.
    returned as (
        select distinct
            entered.customer_id,
            entered.entry_number,
            entered.cohort_on,
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
            on entered.customer_id = back.customer_id
            and back.last_us >= entered.entry_us
        join numbered on back.day_number = numbered.day_number
        cross join (values (true), (false)) as sides(is_last)
        where clock = 'rolling' or sides.is_last
    ),

    brackets as (
        select
            case when bracket = 0 then 0 else (bracket - 1) * width + 1 end as from_number,
            bracket * width as to_number
        from
            (
                select unnest(range(0, cast(ceil(upto / width) as bigint) + 1)) as bracket
            ) as counted_brackets
    ),

    cells as (
        select
            entered.cohort_on,
            brackets.from_number,
            brackets.to_number,
            count(*) as cohort_count,
            count(*) filter (
                entered.reach_number >= brackets.to_number
            ) as possible_count
        from entered
        cross join brackets
        group by
            grouping sets (
                (entered.cohort_on, brackets.from_number, brackets.to_number),
                (brackets.from_number, brackets.to_number)
            )
    ),

    last_seen as (
        select
            customer_id,
            entry_number,
            cohort_on,
            reach_number,
            least(max(number), reach_number) as last_number
        from returned
        group by customer_id, entry_number, cohort_on, reach_number
    ),

    later as (
        select last_seen.cohort_on, brackets.from_number, count(*) as later_count
        from last_seen
        join
            brackets
            on last_seen.last_number >= brackets.from_number
            and last_seen.reach_number >= brackets.to_number
        group by
            grouping sets (
                (last_seen.cohort_on, brackets.from_number), (brackets.from_number)
            )
    ),

    hits as (
        select
            returned.cohort_on,
            brackets.from_number,
            count(
                distinct (returned.customer_id, returned.entry_number)
            ) as retained_count
        from returned
        join
            brackets
            on returned.number between brackets.from_number and brackets.to_number
            and returned.reach_number >= brackets.to_number
        group by
            grouping sets (
                (returned.cohort_on, brackets.from_number), (brackets.from_number)
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
