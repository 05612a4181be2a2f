-- shared_devices: devices that so many people use that they are nobody's.
-- Grain: one row per identifier.
-- Reads: device_namespaces, identifiers.
select identifiers.identifier, identifiers.namespace, identifiers.value
from identifiers
join device_namespaces on identifiers.namespace = device_namespaces.namespace
where identifiers.status = 'shared'
order by identifiers.identifier
