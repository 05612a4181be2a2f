-- A customer this large is a kiosk or a test account that stitching let through.
select
    customers.customer_id,
    customers.identifier_count,
    parameters.max_customer_identifiers
from customers
cross join parameters
where customers.identifier_count > parameters.max_customer_identifiers
