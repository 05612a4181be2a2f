-- trial_members: the strongest identifiers of the customers that a trial names.
-- Grain: one row per side, customer_id, identifier; at most five of a customer.
-- Reads: before_identifiers, after_identifiers, named_customers.
with
    held as (
        select 'before' as side, customer_id, identifier, priority
        from before_identifiers
        union all
        select 'after' as side, customer_id, identifier, priority
        from after_identifiers
    ),

    ranked as (
        select
            held.side,
            held.customer_id,
            held.identifier,
            row_number() over (
                partition by held.side, held.customer_id
                order by held.priority, held.identifier
            ) as place
        from held
        join
            named_customers
            on held.side = named_customers.side
            and held.customer_id = named_customers.customer_id
    )

select side, customer_id, identifier
from ranked
where place <= 5
order by side desc, customer_id, place
