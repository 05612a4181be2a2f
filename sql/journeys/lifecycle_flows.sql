-- lifecycle_flows: how many customers went from each state to each in a week or month.
-- Grain: one row per activity, period (week or month), period_on, from_state, to_state.
-- Reads: activity_series, business_days, lifecycle_spells.
-- from_state is the state in the period before, (none) for those who are new; states
-- are
-- those of lifecycle. Flows into a state add up to its customers in the period, flows
-- out of it to its customers in the period before.
with
    -- A spell goes on in each of its periods but the first.
    turned as (
        select series_number, state, cast(sum(change) as bigint) as change, number
        from
            (
                select series_number, state, from_number + 1 as number, 1 as change
                from lifecycle_spells
                where to_number > from_number
                union all
                select series_number, state, to_number + 1 as number, -1 as change
                from lifecycle_spells
                where to_number > from_number
            ) as ends
        group by series_number, state, number
    ),

    known as (
        select
            activity_series.series_number,
            activity_series.activity,
            activity_series.period,
            min(lifecycle_spells.from_number) as first_number,
            max(lifecycle_spells.to_number) as last_number
        from lifecycle_spells
        join
            activity_series
            on lifecycle_spells.series_number = activity_series.series_number
        group by
            activity_series.series_number,
            activity_series.activity,
            activity_series.period
    ),

    -- Every period between, also those in which nothing changes.
    dated as (
        select distinct
            known.series_number,
            known.activity,
            known.period,
            case
                known.period
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end as number,
            case
                known.period
                when 'week'
                then business_days.week_on
                else business_days.month_on
            end as period_on
        from known
        join
            business_days
            on case
                known.period
                when 'week'
                then business_days.week_number
                else business_days.month_number
            end
            between known.first_number and known.last_number
    ),

    flows as (
        select
            series_number,
            from_number as number,
            previous_state as from_state,
            state as to_state,
            count(*) as customer_count
        from lifecycle_spells
        group by series_number, from_number, previous_state, state
        union all
        select
            dated.series_number,
            dated.number,
            staying.state as from_state,
            staying.state as to_state,
            cast(sum(turned.change) as bigint) as customer_count
        from dated
        cross join (values ('at risk'), ('dormant')) as staying(state)
        join
            turned
            on dated.series_number = turned.series_number
            and staying.state = turned.state
            and dated.number >= turned.number
        group by dated.series_number, dated.number, staying.state
    )

select
    dated.activity,
    dated.period,
    dated.period_on,
    flows.from_state,
    flows.to_state,
    cast(sum(flows.customer_count) as bigint) as customer_count
from flows
join dated on flows.series_number = dated.series_number and flows.number = dated.number
where flows.customer_count > 0
group by dated.activity, dated.period, dated.period_on, flows.from_state, flows.to_state
order by activity, period, period_on, from_state, to_state
