-- lifecycle_flows: how many customers went from each state to each in a week or month.
-- Grain: one row per activity, period (week or month), period_on, from_state, to_state.
-- Reads: business_days, lifecycle_spells.
-- from_state is the state in the period before, (none) for those who are new; states
-- are
-- those of lifecycle. Flows into a state add up to its customers in the period, flows
-- out of it to its customers in the period before.
with
    -- A spell goes on in each of its periods but the first.
    turned as (
        select activity, period, state, cast(sum(change) as bigint) as change, number
        from
            (
                select activity, period, state, from_number + 1 as number, 1 as change
                from lifecycle_spells
                where to_number > from_number
                union all
                select activity, period, state, to_number + 1 as number, -1 as change
                from lifecycle_spells
                where to_number > from_number
            ) as ends
        group by activity, period, state, number
    ),

    known as (
        select
            activity,
            period,
            min(from_number) as first_number,
            max(to_number) as last_number
        from lifecycle_spells
        group by activity, period
    ),

    -- Every period between, also those in which nothing changes.
    dated as (
        select distinct
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
            activity,
            period,
            from_number as number,
            previous_state as from_state,
            state as to_state,
            count(*) as customer_count
        from lifecycle_spells
        group by activity, period, from_number, previous_state, state
        union all
        select
            dated.activity,
            dated.period,
            dated.number,
            staying.state as from_state,
            staying.state as to_state,
            cast(sum(turned.change) as bigint) as customer_count
        from dated
        cross join (values ('at risk'), ('dormant')) as staying(state)
        join
            turned
            on dated.activity = turned.activity
            and dated.period = turned.period
            and staying.state = turned.state
            and dated.number >= turned.number
        group by dated.activity, dated.period, dated.number, staying.state
    )

select
    flows.activity,
    flows.period,
    dated.period_on,
    flows.from_state,
    flows.to_state,
    cast(sum(flows.customer_count) as bigint) as customer_count
from flows
join
    dated
    on flows.activity = dated.activity
    and flows.period = dated.period
    and flows.number = dated.number
where flows.customer_count > 0
group by flows.activity, flows.period, dated.period_on, flows.from_state, flows.to_state
order by activity, period, period_on, from_state, to_state
