-- identifier_strengths: active identifiers, numbered from the strongest on.
-- Grain: one row per strength.
-- Reads: customer_ranks, device_namespaces, identifiers.
with
    ranked as (
        select
            identifiers.identifier,
            identifiers.namespace,
            identifiers.value,
            identifiers.customer_id,
            customer_ranks.customer_rank,
            identifiers.is_strong,
            device_namespaces.namespace is not null as is_device,
            cast(
                row_number() over (
                    order by identifiers.priority, identifiers.identifier
                ) as integer
            ) as strength
        from identifiers
        join customer_ranks on identifiers.customer_id = customer_ranks.customer_id
        -- Most kinds of identifier name a person.
        left join
            device_namespaces on identifiers.namespace = device_namespaces.namespace
        where identifiers.status = 'active'
    )

select
    strength,
    identifier,
    namespace,
    value,
    customer_id,
    customer_rank,
    is_strong,
    case when is_device then 'device' else 'identifier' end as attribution,
    min(strength) over (partition by customer_rank) as customer_strength,
    max(case when is_strong then 1 else 0 end) over (
        partition by customer_rank
    ) as has_strong
from ranked
