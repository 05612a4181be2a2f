-- households: customers who share an e-mail address, a telephone or a postal address
-- and are still several persons.
-- Grain: one row per household_id, customer_id, namespace, value.
-- Reads: household_members, parameters, suppressed_customers.
select
    household_members.household_id,
    household_members.customer_id,
    household_members.namespace,
    case
        when parameters.show_identifiers
        then household_members.value
        when household_members.namespace = 'phone'
        then
            substr(household_members.value, 1, 3)
            || '***'
            || right(household_members.value, 2)
        when household_members.namespace = 'address'
        then substr(household_members.value, 1, 2) || '***'
        else
            substr(household_members.value, 1, 1)
            || '***@'
            || split_part(household_members.value, '@', 2)
    end as value
from household_members
-- Nobody is shown whose processing was stopped.
left join
    suppressed_customers
    on household_members.customer_id = suppressed_customers.customer_id
cross join parameters
where suppressed_customers.customer_id is null
order by
    household_members.household_id,
    household_members.customer_id,
    household_members.namespace,
    household_members.value
