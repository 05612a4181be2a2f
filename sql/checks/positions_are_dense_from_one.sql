-- Positions are the order itself: a gap would be a lost event.
select customer_id, min(position) as first_position, max(position) as last_position
from ordered_events
group by customer_id
having
    min(position) <> 1
    or max(position) <> count(*)
    or cast(sum(position) as bigint) * 2 <> count(*) * (count(*) + 1)
