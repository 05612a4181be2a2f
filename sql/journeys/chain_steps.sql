-- chain_steps: how often journeys that had been here and there went on to where: what
-- the chains of the graph are counted from.
-- Grain: one row per grain, customer_group, before_2, before_1, from_name, to_name.
-- Reads: journeys, ordered_events, stage_visits, touchpoint_visits, touchpoints.
-- Kept as a view: the graph alone reads it, once.
with
    -- Event ids are hashes: whatever a customer does, each group is as likely. A
    -- customer keeps the group under any other name.
    grouped as (
        select customer_id, substr(event_id, 1, 2) as customer_group
        from ordered_events
        where position = 1
    ),

    stays as (
        select
            customer_id,
            journey_number,
            visit_number as step,
            stage as name,
            next_stage as next_name,
            exit,
            is_settled,
            epoch_us(left_at) - epoch_us(entered_at) as spent_us,
            lag(stage, 1) over way as previous_name,
            lag(stage, 2) over way as name_before
        from stage_visits
        window way as (partition by customer_id, journey_number order by visit_number)
    ),

    touches as (
        select
            touchpoint_visits.customer_id,
            touchpoint_visits.journey_number,
            touchpoint_visits.step,
            touchpoint_visits.touchpoint,
            touchpoint_visits.channel,
            touchpoint_visits.next_touchpoint,
            touchpoint_visits.next_channel,
            touchpoint_visits.exit,
            touchpoint_visits.is_settled,
            coalesce(touchpoint_visits.wait_us, 0) as spent_us,
            touchpoints.outcome is not null
            and touchpoint_visits.next_touchpoint is null as is_decision
        from touchpoint_visits
        left join touchpoints on touchpoint_visits.touchpoint = touchpoints.touchpoint
    ),

    followed as (
        select
            *,
            lag(touchpoint, 1) over way as previous_touchpoint,
            lag(touchpoint, 2) over way as touchpoint_before,
            lag(channel, 1) over way as previous_channel,
            lag(channel, 2) over way as channel_before,
            coalesce(lead(is_decision) over way, false) as is_last_before,
            lead(exit) over way as next_exit
        from touches
        window way as (partition by customer_id, journey_number order by step)
    ),

    -- The touchpoint that decides a journey is its goal itself: a channel earns its
    -- credit by what came before.
    visits as (
        select
            'stage' as grain,
            customer_id,
            journey_number,
            step,
            false as is_decision,
            name,
            next_name,
            exit,
            is_settled,
            spent_us,
            previous_name,
            name_before
        from stays
        union all
        select
            'touchpoint' as grain,
            customer_id,
            journey_number,
            step,
            false as is_decision,
            touchpoint as name,
            next_touchpoint as next_name,
            exit,
            is_settled,
            spent_us,
            previous_touchpoint as previous_name,
            touchpoint_before as name_before
        from followed
        union all
        select
            'channel' as grain,
            customer_id,
            journey_number,
            step,
            is_decision,
            channel as name,
            case when not is_last_before then next_channel end as next_name,
            case when is_last_before then next_exit else exit end as exit,
            is_settled,
            spent_us,
            previous_channel as previous_name,
            channel_before as name_before
        from followed
    ),

    steps as (
        select
            visits.grain,
            visits.customer_id,
            visits.journey_number,
            case
                when sides.is_start
                then null
                when visits.previous_name is null
                then null
                else coalesce(visits.name_before, '(start)')
            end as before_2,
            case
                when not sides.is_start then coalesce(visits.previous_name, '(start)')
            end as before_1,
            case when sides.is_start then '(start)' else visits.name end as from_name,
            case
                when sides.is_start and not visits.is_decision
                then visits.name
                when visits.exit in ('advanced', 'diverted')
                then visits.next_name
                else '(' || visits.exit || ')'
            end as to_name,
            -- As in transition_steps: whoever began has begun.
            sides.is_start or visits.is_settled as is_settled,
            case when sides.is_start then 0 else visits.spent_us end as spent_us
        from visits
        cross join (values (true), (false)) as sides(is_start)
        where
            (sides.is_start and visits.step = 1)
            or (not sides.is_start and not visits.is_decision)
    ),

    worth as (
        select customer_id, journey_number, value_cents
        from journeys
        where status = 'completed'
    )

select
    steps.grain,
    grouped.customer_group,
    steps.before_2,
    steps.before_1,
    steps.from_name,
    steps.to_name,
    count(*) as transition_count,
    cast(sum(case when steps.is_settled then 1 else 0 end) as bigint) as settled_count,
    cast(
        sum(case when steps.is_settled then steps.spent_us else 0 end) as bigint
    ) as spent_us,
    cast(
        sum(
            case
                when steps.to_name = '(completed)'
                then coalesce(worth.value_cents, 0)
                else 0
            end
        ) as bigint
    ) as value_cents
from steps
join grouped on steps.customer_id = grouped.customer_id
left join
    worth
    on steps.customer_id = worth.customer_id
    and steps.journey_number = worth.journey_number
group by
    steps.grain,
    grouped.customer_group,
    steps.before_2,
    steps.before_1,
    steps.from_name,
    steps.to_name
