-- crowds: meetings that may be of more than two identifiers.
-- Grain: one row per event_id, role; crowd_number is arbitrary.
-- Reads: meetings.
select
    cast(row_number() over () as bigint) as crowd_number,
    event_id,
    case
        role_number when 0 then 'actor' when 1 then 'recipient' else 'subject'
    end as role,
    source_number,
    occurred_at,
    is_merge,
    is_authenticated
from meetings
where sighting_count > 2 and first_number < last_number
