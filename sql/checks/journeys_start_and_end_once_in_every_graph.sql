-- Starts, ends and journeys with a stage are one number, open ends included.
with
    moves as (
        select
            'stage' as grain,
            from_stage as from_name,
            to_stage as to_name,
            transition_count
        from stage_transitions
        union all
        select
            'touchpoint' as grain,
            from_touchpoint as from_name,
            to_touchpoint as to_name,
            transition_count
        from touchpoint_transitions
        union all
        select
            'channel' as grain,
            from_channel as from_name,
            to_channel as to_name,
            transition_count
        from channel_transitions
        union all
        select
            'owner' as grain,
            from_owner as from_name,
            to_owner as to_name,
            transition_count
        from owner_transitions
    ),

    counted as (
        select
            grain,
            cast(
                sum(
                    case when from_name = '(start)' then transition_count else 0 end
                ) as bigint
            ) as start_count,
            cast(
                sum(
                    case
                        when to_name in ('(completed)', '(ended)', '(open)')
                        then transition_count
                        else 0
                    end
                ) as bigint
            ) as end_count
        from moves
        group by grain
        union all
        select grain, journey_count as start_count, journey_count as end_count
        from graph_summary
    ),

    whole as (select count(*) as journey_count from journeys where staged_count > 0)

select counted.grain, counted.start_count, counted.end_count, whole.journey_count
from counted
cross join whole
where
    counted.start_count <> whole.journey_count
    or counted.end_count <> whole.journey_count
