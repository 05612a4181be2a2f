-- pairs: two identifiers that one event named, alone together.
-- Grain: one row per left_number, right_number, source_number, is_merge,
-- is_authenticated.
-- Reads: meetings.
select
    first_number as left_number,
    last_number as right_number,
    source_number,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(*) as event_count,
    is_merge,
    is_authenticated
from meetings
where sighting_count = 2 and first_number < last_number
group by first_number, last_number, source_number, is_merge, is_authenticated
