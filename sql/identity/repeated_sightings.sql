-- repeated_sightings: how often an identifier was named again by an event that had
-- named it.
-- Grain: one row per identifier_number that was.
-- Reads: meetings, crowd_members.
with
    repeats as (
        select first_number as identifier_number, sighting_count - 1 as repeat_count
        from meetings
        where first_number = last_number
        union all
        select identifier_number, sighting_count - 1 as repeat_count
        from crowd_members
        where sighting_count > 1
    )

select identifier_number, cast(sum(repeat_count) as bigint) as repeat_count
from repeats
group by identifier_number
