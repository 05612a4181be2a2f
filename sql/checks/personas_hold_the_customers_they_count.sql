-- A persona is as large as the customers who are told that it is theirs.
with
    named as (
        select persona, count(*) as customer_count
        from customer_personas
        group by persona
    )

select
    coalesce(personas.persona, named.persona) as persona,
    personas.customer_count,
    named.customer_count as named_count
from personas
full join named on personas.persona = named.persona
where coalesce(personas.customer_count, 0) <> coalesce(named.customer_count, 0)
