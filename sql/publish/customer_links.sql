-- customer_links: two handles seen together or given as one, and what was made of it.
-- Grain: one row per left_identifier_id, right_identifier_id, rule.
-- Reads: customer_links, identifiers, salt, suppressed_customers.
-- Who asked that processing stops stands in no link.
with
    stopped as (
        select identifiers.identifier
        from identifiers
        semi join
            suppressed_customers
            on identifiers.customer_id = suppressed_customers.customer_id
    )

select
    identifiers.customer_id,
    md5(salt.salt || customer_links.left_identifier) as left_identifier_id,
    md5(salt.salt || customer_links.right_identifier) as right_identifier_id,
    customer_links.rule,
    customer_links.status,
    customer_links.reason,
    customer_links.sources,
    customer_links.event_count,
    customer_links.first_seen_at,
    customer_links.last_seen_at,
    customer_links.ended_at
from customer_links
left join identifiers on customer_links.left_identifier = identifiers.identifier
left join stopped on customer_links.left_identifier = stopped.identifier
left join
    stopped as other_stopped
    on customer_links.right_identifier = other_stopped.identifier
cross join salt
where stopped.identifier is null and other_stopped.identifier is null
order by
    customer_links.left_identifier, customer_links.right_identifier, customer_links.rule
