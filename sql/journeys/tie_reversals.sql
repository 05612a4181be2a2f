-- tie_reversals: transitions that would be counted otherwise, were all ties reversed.
-- Grain: one row per grain (stage or touchpoint), from_name, to_name, of those that
-- would.
-- Reads: parameters, stage_transitions, touchpoint_transitions, touchpoint_visits.
-- Touchpoints of one journey at one instant are put the other way round, all at once;
-- which touchpoints a journey has, and how it ended, stays. reversed_count and
-- reversed_share are what transition_count and share would be: the order of ties is the
-- same every night, but nobody knows it, and rank 1 is the most that hangs on it.
with
    tied_journeys as (
        select distinct customer_id, journey_number
        from touchpoint_visits
        where wait_us = 0
    ),

    visits as (
        select
            touchpoint_visits.customer_id,
            touchpoint_visits.journey_number,
            touchpoint_visits.position,
            touchpoint_visits.occurred_us,
            touchpoint_visits.touchpoint,
            touchpoint_visits.stage,
            touchpoint_visits.next_touchpoint,
            touchpoint_visits.next_stage,
            touchpoint_visits.exit,
            touchpoint_visits.is_first,
            touchpoint_visits.is_settled,
            parameters.as_of_us - touchpoint_visits.occurred_us
            > parameters.dormancy_us as is_old
        from touchpoint_visits
        join
            tied_journeys
            on touchpoint_visits.customer_id = tied_journeys.customer_id
            and touchpoint_visits.journey_number = tied_journeys.journey_number
        cross join parameters
    ),

    turned as (
        select
            *,
            row_number() over backward as turned_step,
            lead(touchpoint) over backward as turned_touchpoint,
            lead(stage) over backward as turned_stage,
            -- The last visit alone has one of these.
            max(
                case when exit in ('completed', 'ended', 'open') then exit end
            ) over whole as status
        from visits
        window
            backward as (
                partition by customer_id, journey_number
                order by occurred_us, position desc
            ),
            whole as (
                partition by customer_id, journey_number
                order by occurred_us, position desc
                rows between unbounded preceding and unbounded following
            )
    ),

    steps as (
        select
            touchpoint,
            stage,
            next_touchpoint,
            next_stage,
            status,
            is_first,
            is_settled,
            -1 as sign
        from turned
        union all
        select
            touchpoint,
            stage,
            turned_touchpoint as next_touchpoint,
            turned_stage as next_stage,
            status,
            turned_step = 1 as is_first,
            is_old
            and (turned_touchpoint is not null or status <> 'open') as is_settled,
            1 as sign
        from turned
    ),

    moves as (
        select
            'touchpoint' as grain,
            touchpoint as from_name,
            coalesce(next_touchpoint, '(' || status || ')') as to_name,
            is_settled,
            sign
        from steps
        union all
        select
            'touchpoint' as grain,
            '(start)' as from_name,
            touchpoint as to_name,
            true as is_settled,
            sign
        from steps
        where is_first
        union all
        select
            'stage' as grain,
            stage as from_name,
            coalesce(next_stage, '(' || status || ')') as to_name,
            is_settled,
            sign
        from steps
        where next_stage is null or next_stage <> stage
        union all
        select
            'stage' as grain,
            '(start)' as from_name,
            stage as to_name,
            true as is_settled,
            sign
        from steps
        where is_first
    ),

    differences as (
        select
            grain,
            from_name,
            to_name,
            cast(sum(sign) as bigint) as change,
            cast(
                sum(case when is_settled then sign else 0 end) as bigint
            ) as settled_change
        from moves
        group by grain, from_name, to_name
    ),

    counted as (
        select
            'touchpoint' as grain,
            from_touchpoint as from_name,
            to_touchpoint as to_name,
            transition_count,
            settled_count
        from touchpoint_transitions
        union all
        select
            'stage' as grain,
            from_stage as from_name,
            to_stage as to_name,
            transition_count,
            settled_count
        from stage_transitions
    ),

    compared as (
        select
            coalesce(counted.grain, differences.grain) as grain,
            coalesce(counted.from_name, differences.from_name) as from_name,
            coalesce(counted.to_name, differences.to_name) as to_name,
            coalesce(counted.transition_count, 0) as transition_count,
            coalesce(counted.transition_count, 0)
            + coalesce(differences.change, 0) as reversed_count,
            coalesce(counted.settled_count, 0) as settled_count,
            coalesce(counted.settled_count, 0)
            + coalesce(differences.settled_change, 0) as reversed_settled_count
        from counted
        full join
            differences
            on counted.grain = differences.grain
            and counted.from_name = differences.from_name
            and counted.to_name = differences.to_name
    ),

    -- An open end has settled nothing and has no share.
    shared as (
        select
            *,
            case when to_name <> '(open)' then settled_count end as part_count,
            case
                when to_name <> '(open)' then reversed_settled_count
            end as reversed_part_count,
            cast(
                sum(settled_count) over (partition by grain, from_name) as bigint
            ) as whole_count,
            cast(
                sum(reversed_settled_count) over (
                    partition by grain, from_name
                ) as bigint
            ) as reversed_whole_count
        from compared
    ),

    measured as (
        select
            *,
            cast(part_count as double) / nullif(whole_count, 0) as share,
            cast(reversed_part_count as double)
            / nullif(reversed_whole_count, 0) as reversed_share
        from shared
        where
            transition_count <> reversed_count
            or settled_count <> reversed_settled_count
            or (
                to_name <> '(open)'
                and settled_count > 0
                and whole_count <> reversed_whole_count
            )
    )

select
    grain,
    row_number() over (
        partition by grain
        order by
            abs(coalesce(reversed_share, 0e0) - coalesce(share, 0e0)) desc,
            abs(reversed_count - transition_count) desc,
            from_name,
            to_name
    ) as rank,
    from_name,
    to_name,
    transition_count,
    reversed_count,
    share,
    reversed_share
from measured
order by grain, rank
