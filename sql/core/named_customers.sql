-- named_customers: whose event it is by the strongest identifier that it names.
-- Grain: one row per event_id that names an active identifier.
-- Reads: device_namespaces, identifiers, landed_identifiers.
with
    ranked as (
        select
            identifiers.identifier,
            identifiers.namespace,
            identifiers.value,
            identifiers.customer_id,
            identifiers.is_strong,
            device_namespaces.namespace is not null as is_device,
            row_number() over (
                order by identifiers.priority, identifiers.identifier
            ) as strength
        from identifiers
        -- Most kinds of identifier name a person.
        left join
            device_namespaces on identifiers.namespace = device_namespaces.namespace
        where identifiers.status = 'active'
    ),

    known as (
        select
            identifier,
            namespace,
            value,
            customer_id,
            is_strong,
            is_device,
            strength,
            min(strength) over (partition by customer_id) as customer_strength,
            max(case when is_strong then 1 else 0 end) over (
                partition by customer_id
            ) as has_strong
        from ranked
    ),

    named as (
        select
            landed_identifiers.event_id,
            min(known.strength) as strength,
            min(known.customer_strength) as first_customer,
            max(known.customer_strength) as last_customer
        from landed_identifiers
        join
            known
            on landed_identifiers.namespace = known.namespace
            and landed_identifiers.value = known.value
        -- Staff and people merely mentioned are not whom the event happened to.
        where landed_identifiers.role in ('actor', 'recipient', 'subject')
        group by landed_identifiers.event_id
    )

select
    named.event_id,
    known.customer_id,
    known.identifier,
    case when known.is_device then 'device' else 'identifier' end as attribution,
    -- Stitching alone, not the record, says that this strongly known customer was here.
    named.first_customer <> named.last_customer
    or (not known.is_strong and known.has_strong = 1) as is_uncertain
from named
join known on named.strength = known.strength
