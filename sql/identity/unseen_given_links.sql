-- unseen_given_links: given links that name an identifier which nobody has seen.
-- Grain: one row per given link.
-- Reads: given_links, numbered_identifiers.
select given_links.reason
from given_links
left join
    numbered_identifiers as one
    on given_links.left_namespace = one.namespace
    and given_links.left_value = one.value
left join
    numbered_identifiers as other
    on given_links.right_namespace = other.namespace
    and given_links.right_value = other.value
where one.identifier_number is null or other.identifier_number is null
order by given_links.reason
