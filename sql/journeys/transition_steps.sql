-- transition_steps: each step of a journey, from start to end, by stage, touchpoint,
-- channel and owner.
-- Grain: one row per grain and visit (of a stage, else of a touchpoint), and one per
-- grain and start of a journey.
-- Reads: stage_visits, touchpoint_visits.
-- Kept as a view: its rows are all visits four times over, and each reader wants one
-- grain.
with
    visits as (
        select
            'stage' as grain,
            stage as name,
            next_stage as next_name,
            visit_number = 1 as is_first,
            customer_id,
            epoch_us(last_touched_at) as touched_us,
            wait_us,
            exit,
            is_settled,
            is_uncertain
        from stage_visits
        union all
        select
            'touchpoint' as grain,
            touchpoint as name,
            next_touchpoint as next_name,
            is_first,
            customer_id,
            occurred_us as touched_us,
            wait_us,
            exit,
            is_settled,
            is_uncertain
        from touchpoint_visits
        union all
        select
            'channel' as grain,
            channel as name,
            next_channel as next_name,
            is_first,
            customer_id,
            occurred_us as touched_us,
            wait_us,
            exit,
            is_settled,
            is_uncertain
        from touchpoint_visits
        union all
        select
            'owner' as grain,
            coalesce(owner, '(nobody)') as name,
            coalesce(next_owner, '(nobody)') as next_name,
            is_first,
            customer_id,
            occurred_us as touched_us,
            wait_us,
            exit,
            is_settled,
            is_uncertain
        from touchpoint_visits
    )

select
    visits.grain,
    case when sides.is_start then '(start)' else visits.name end as from_name,
    case
        when sides.is_start
        then visits.name
        when visits.exit in ('advanced', 'diverted')
        then visits.next_name
        else '(' || visits.exit || ')'
    end as to_name,
    visits.customer_id,
    visits.touched_us,
    case when not sides.is_start then visits.wait_us end as wait_us,
    sides.is_start or visits.is_settled as is_settled,
    visits.is_uncertain
from visits
-- The first visit of a journey is entered from its start as well as left.
cross join (values (true), (false)) as sides(is_start)
where visits.is_first or not sides.is_start
