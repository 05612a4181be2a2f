-- renamed_customers: customers with the identifiers they had, under another id.
-- Grain: one row per former_id.
-- Reads: customer_changes, identifiers, previous_identifiers.
with
    -- Whoever is gone counts as merged; only these are looked at, and they are few.
    gone as (
        select
            customer_id as former_id, other_customer_id as current_id, identifier_count
        from customer_changes
        where change = 'merged'
    ),

    former as (
        select customer_id, count(*) as identifier_count
        from previous_identifiers
        where customer_id in (select former_id from gone)
        group by customer_id
    ),

    present as (
        select customer_id, count(*) as identifier_count
        from identifiers
        where customer_id in (select current_id from gone)
        group by customer_id
    )

select gone.former_id, gone.current_id
from gone
join former on gone.former_id = former.customer_id
join present on gone.current_id = present.customer_id
where
    gone.identifier_count = former.identifier_count
    and gone.identifier_count = present.identifier_count
order by gone.former_id
