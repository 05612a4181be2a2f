-- trial_largest: the customer with the most identifiers before and under the policy
-- tried.
-- Grain: one row per side: before, after.
-- Reads: trial_moves.
with
    sized as (
        select
            'before' as side, before_id as customer_id, sum(identifier_count) as total
        from trial_moves
        where before_id is not null
        group by before_id
        union all
        select 'after' as side, after_id as customer_id, sum(identifier_count) as total
        from trial_moves
        where after_id is not null
        group by after_id
    ),

    ranked as (
        select
            side,
            customer_id,
            cast(total as bigint) as identifier_count,
            row_number() over (
                partition by side order by total desc, customer_id
            ) as place
        from sized
    )

select side, customer_id, identifier_count
from ranked
where place = 1
order by side desc
