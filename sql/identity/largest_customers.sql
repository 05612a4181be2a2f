-- largest_customers: customers with more identifiers than the alarm allows.
-- Grain: one row per customer_id.
-- Reads: identifiers, alarm_limits.
select identifiers.customer_id, count(*) as identifier_count
from identifiers
cross join alarm_limits
where identifiers.customer_id is not null
group by identifiers.customer_id, alarm_limits.identifier_count
having count(*) > alarm_limits.identifier_count
order by count(*) desc, identifiers.customer_id
