-- strongest_identifiers: the strongest identifier that each event names.
-- Grain: one row per event_key that names an active identifier.
-- Reads: identifier_strengths, landed_identifiers.
select
    landed_identifiers.event_key,
    min(identifier_strengths.strength) as strength,
    min(identifier_strengths.customer_strength)
    <> max(identifier_strengths.customer_strength) as has_several_customers
from landed_identifiers
join
    identifier_strengths
    on landed_identifiers.namespace = identifier_strengths.namespace
    and landed_identifiers.value = identifier_strengths.value
-- Staff and people merely mentioned are not whom the event happened to.
where landed_identifiers.role in ('actor', 'recipient', 'subject')
group by landed_identifiers.event_key
