-- customer_changes: what became of customers since the last published run.
-- Grain: one row per change, customer_id, other_customer_id.
-- Reads: former_identifiers, identifiers, current_customers.
with
    former as (
        select customer_id, count(*) as identifier_count
        from former_identifiers
        group by customer_id
    ),

    -- Where the identifiers of each former customer are now.
    moves as (
        select
            former_identifiers.customer_id as former_id,
            identifiers.customer_id as current_id,
            count(*) as identifier_count
        from former_identifiers
        join identifiers on former_identifiers.identifier = identifiers.identifier
        where identifiers.customer_id is not null
        group by former_identifiers.customer_id, identifiers.customer_id
    ),

    judged as (
        select
            moves.former_id,
            moves.current_id,
            moves.identifier_count,
            row_number() over (
                partition by moves.former_id
                order by moves.identifier_count desc, moves.current_id
            ) as preference,
            still.customer_id is not null as has_survived,
            before.customer_id is not null as was_there
        from moves
        left join current_customers as still on moves.former_id = still.customer_id
        left join former as before on moves.current_id = before.customer_id
    )

select
    'created' as change,
    current_customers.customer_id,
    cast(null as varchar) as other_customer_id,
    current_customers.identifier_count
from current_customers
left join former on current_customers.customer_id = former.customer_id
left join
    (select current_id from moves group by current_id) as inherited
    on current_customers.customer_id = inherited.current_id
where former.customer_id is null and inherited.current_id is null
union all
select
    'merged' as change,
    former_id as customer_id,
    current_id as other_customer_id,
    identifier_count
from judged
where not has_survived and preference = 1
union all
select
    'split' as change,
    current_id as customer_id,
    former_id as other_customer_id,
    identifier_count
from judged
where
    former_id <> current_id
    -- A former customer that is gone went, as such, where most of it is.
    and (has_survived or preference > 1 or not was_there)
union all
select
    'retired' as change,
    former.customer_id,
    cast(null as varchar) as other_customer_id,
    former.identifier_count
from former
left join current_customers on former.customer_id = current_customers.customer_id
left join
    (select former_id from moves group by former_id) as survived
    on former.customer_id = survived.former_id
where current_customers.customer_id is null and survived.former_id is null
