-- customer_names: what each customer is called, every name that a source tells.
-- Grain: one row per customer_id with a name.
-- Reads: attribute_values.
-- Kept as a view: only the few who are quoted are looked up in it.
select customer_id, string_agg(value, ' ' order by attribute, value) as names
from attribute_values
where attribute in ('full_name', 'given_name', 'family_name')
group by customer_id
