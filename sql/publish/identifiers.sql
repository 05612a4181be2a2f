-- identifiers: every handle the sources gave, whose it is, and how far it is trusted;
-- but not of those whose processing was stopped.
-- Grain: one row per identifier_id.
-- Reads: identifiers, parameters, salt, suppressed_customers.
select
    md5(salt.salt || identifiers.identifier) as identifier_id,
    identifiers.namespace,
    case
        when
            parameters.show_identifiers
            or (
                identifiers.namespace <> 'phone'
                and not contains(identifiers.value, '@')
            )
        then identifiers.value
        when identifiers.namespace = 'phone'
        then substr(identifiers.value, 1, 3) || '***' || right(identifiers.value, 2)
        else
            substr(identifiers.value, 1, 1)
            || '***@'
            || split_part(identifiers.value, '@', 2)
    end as value,
    identifiers.status,
    identifiers.reason,
    identifiers.customer_id,
    identifiers.is_strong,
    identifiers.priority,
    identifiers.event_count,
    identifiers.first_seen_at,
    identifiers.last_seen_at,
    identifiers.night
from identifiers
left join
    suppressed_customers on identifiers.customer_id = suppressed_customers.customer_id
cross join parameters
cross join salt
where suppressed_customers.customer_id is null
order by identifiers.identifier
