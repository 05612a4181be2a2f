-- Starts, ends and journeys with a stage are one number, open ends included.
with
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
        from named_transitions
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
