-- drop_offs: where journeys end: every stage and touchpoint with the exits from it.
-- Grain: one row per grain, name.
-- Reads: journeys, stage_visits, stages, touchpoint_visits, touchpoints.
with
    visits as (
        select 'stage' as grain, stage as name, exit, is_settled
        from stage_visits
        union all
        select 'touchpoint' as grain, touchpoint as name, exit, is_settled
        from touchpoint_visits
    ),

    counted as (
        select
            grain,
            name,
            count(*) as entries,
            cast(
                sum(case when exit = 'advanced' then 1 else 0 end) as bigint
            ) as advanced,
            cast(
                sum(case when exit = 'diverted' then 1 else 0 end) as bigint
            ) as diverted,
            cast(
                sum(case when exit = 'completed' then 1 else 0 end) as bigint
            ) as completed,
            cast(sum(case when exit = 'ended' then 1 else 0 end) as bigint) as ended,
            cast(sum(case when exit = 'open' then 1 else 0 end) as bigint) as open,
            cast(
                sum(case when is_settled then 1 else 0 end) as bigint
            ) as settled_count,
            cast(
                sum(case when is_settled and exit = 'ended' then 1 else 0 end) as bigint
            ) as settled_ended_count
        from visits
        group by grain, name
    ),

    named as (
        select 'stage' as grain, stage as name, stage, position
        from stages
        union all
        select 'touchpoint' as grain, touchpoint as name, stage, position
        from touchpoints
        where stage is not null
    ),

    -- What journeys that reached their goal were worth.
    worth as (
        select
            cast(sum(value_cents) as bigint) as completed_value_cents,
            nullif(count(*), 0) as completed_count
        from journeys
        where status = 'completed'
    ),

    filled as (
        select
            named.grain,
            named.name,
            named.stage,
            named.position,
            coalesce(counted.entries, 0) as entries,
            coalesce(counted.advanced, 0) as advanced,
            coalesce(counted.diverted, 0) as diverted,
            coalesce(counted.completed, 0) as completed,
            coalesce(counted.ended, 0) as ended,
            coalesce(counted.open, 0) as open,
            coalesce(counted.settled_count, 0) as settled_count,
            coalesce(counted.settled_ended_count, 0) as settled_ended_count,
            nullif(counted.settled_count, 0) as settled_total,
            worth.completed_value_cents,
            worth.completed_count
        from named
        cross join worth
        -- A name nobody has reached yet shows its zeros.
        left join counted on named.grain = counted.grain and named.name = counted.name
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            settled_ended_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_ended_count
                    * (settled_total - settled_ended_count) as double
                )
                / settled_total
                + 0.960364705173531e0
            ) as reach,
            settled_total + 3.841458820694124e0 as scale
        from filled
    )

select
    grain,
    name,
    stage,
    entries,
    advanced,
    diverted,
    completed,
    ended,
    open,
    settled_count,
    settled_ended_count,
    cast(settled_ended_count as double) / settled_total as drop_off_share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    -- As if each had been worth what completed ones are on average.
    cast(
        floor(
            cast(settled_ended_count * completed_value_cents as double)
            / completed_count
        ) as bigint
    ) as value_lost_cents,
    row_number() over (
        partition by grain order by settled_ended_count desc, position, name
    ) as rank
from bounded
order by grain, rank
