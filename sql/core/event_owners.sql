-- event_owners: whose event it is: by what it names or, on a device of several
-- people, by the log-in nearest to it.
-- Grain: one row per event_key that has a customer.
-- Reads: named_customers, nearest_logins.
-- Kept as a view: it differs from named_customers on shared devices alone.
select
    named_customers.event_key,
    coalesce(nearest_logins.customer_id, named_customers.customer_id) as customer_id,
    coalesce(
        nearest_logins.customer_rank, named_customers.customer_rank
    ) as customer_rank,
    coalesce(nearest_logins.identifier, named_customers.identifier) as identifier,
    case
        when nearest_logins.customer_id is null
        then named_customers.attribution
        else 'nearest_login'
    end as attribution,
    nearest_logins.customer_id is not null
    or named_customers.is_uncertain as is_uncertain
from named_customers
-- A device that one person uses is nobody else's.
left join
    nearest_logins
    on named_customers.event_key = nearest_logins.event_key
    and nearest_logins.customer_id is not null
union all
select
    nearest_logins.event_key,
    nearest_logins.customer_id,
    nearest_logins.customer_rank,
    nearest_logins.identifier,
    'nearest_login' as attribution,
    true as is_uncertain
from nearest_logins
left join named_customers on nearest_logins.event_key = named_customers.event_key
where nearest_logins.customer_id is not null and named_customers.event_key is null
