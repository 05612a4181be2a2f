-- A way left out would make the others look commoner than they are.
with
    counted as (
        select grain, cast(sum(journey_count) as bigint) as journey_count
        from paths
        group by grain
    )

select counted.grain, counted.journey_count, whole.journey_count as expected_count
from counted
cross join (select count(*) as journey_count from journeys) as whole
where counted.journey_count <> whole.journey_count
