-- crowd_sightings: an identifier seen in a crowd with a strong one.
-- Grain: one row per identifier_number, strong_number.
-- Reads: crowd_members.
select members.identifier_number, strong.identifier_number as strong_number
from crowd_members as members
join crowd_members as strong on members.crowd_number = strong.crowd_number
where
    strong.is_strong
    and not strong.is_blocked
    and not members.is_blocked
    and members.identifier_number <> strong.identifier_number
group by members.identifier_number, strong.identifier_number
