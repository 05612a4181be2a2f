-- cause_customers: how many customers stand behind each thing known on entry.
-- Grain: one row per grain, name, factor, value.
-- Reads: cause_factors, cause_properties.
with
    told as (
        select grain, name, factor, value, customer_id
        from cause_factors
        union all
        select grain, name, factor, value, customer_id
        from cause_properties
    )

select grain, name, factor, value, count(distinct customer_id) as customer_count
from told
group by grain, name, factor, value
