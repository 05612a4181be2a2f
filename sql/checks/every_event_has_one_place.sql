-- An event that two customers had would be counted twice everywhere.
select event_id, count(*) as place_count
from ordered_events
group by event_id
having count(*) > 1
