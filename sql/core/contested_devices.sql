-- contested_devices: devices on which several people were seen.
-- Grain: one row per identifier.
-- Reads: ambiguous_customers, customer_links, device_namespaces, identifiers.
with
    devices as (
        select
            identifiers.identifier,
            identifiers.namespace,
            identifiers.value,
            identifiers.status,
            identifiers.customer_id,
            identifiers.priority
        from identifiers
        join device_namespaces on identifiers.namespace = device_namespaces.namespace
        where identifiers.status in ('active', 'shared')
    ),

    -- A device that changed hands belongs to one customer and was met by another.
    met as (
        select devices.identifier
        from customer_links
        join devices on customer_links.right_identifier = devices.identifier
        join identifiers on customer_links.left_identifier = identifiers.identifier
        where
            customer_links.status <> 'used'
            and devices.status = 'active'
            and identifiers.customer_id <> devices.customer_id
        group by devices.identifier
    )

select
    devices.identifier,
    devices.namespace,
    devices.value,
    row_number() over (order by devices.priority, devices.identifier) as strength,
    ambiguous_customers.customer_id as ambiguous_customer_id
from devices
-- A device that is one customer's own has no customer to keep its doubts.
left join ambiguous_customers on devices.identifier = ambiguous_customers.identifier
left join met on devices.identifier = met.identifier
where devices.status = 'shared' or met.identifier is not null
