-- An event that two customers had would be counted twice everywhere.
select event_key, count(*) as place_count
from ordered_events
group by event_key
having count(*) > 1
