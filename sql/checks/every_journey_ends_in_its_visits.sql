-- Stages, touchpoints and journeys count the same ends.
with
    ended as (
        select exit as status, count(*) as visit_count
        from stage_visits
        where exit in ('completed', 'ended', 'open')
        group by exit
    ),

    travelled as (
        select status, count(*) as journey_count
        from journeys
        -- A journey outside every stage has no visit.
        where staged_count > 0
        group by status
    )

select travelled.status, travelled.journey_count, ended.visit_count
from travelled
full join ended on travelled.status = ended.status
where coalesce(travelled.journey_count, 0) <> coalesce(ended.visit_count, 0)
