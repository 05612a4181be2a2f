-- kindred_links: every link with an end among the identifiers asked about.
-- Grain: one row per left_identifier, right_identifier.
-- Reads: customer_links, kindred_identifiers.
select
    left_identifier,
    right_identifier,
    rule,
    status,
    reason,
    sources,
    event_count,
    first_seen_at,
    last_seen_at
from customer_links
where
    left_identifier in (select identifier from kindred_identifiers)
    or right_identifier in (select identifier from kindred_identifiers)
