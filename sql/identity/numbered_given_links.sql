-- numbered_given_links: the given links of which both ends were seen.
-- Grain: one row per rule, left_number, right_number.
-- Reads: given_links, numbered_identifiers.
with
    met as (
        select
            given_links.rule,
            given_links.weight,
            given_links.reason,
            least(one.identifier_number, other.identifier_number) as left_number,
            greatest(one.identifier_number, other.identifier_number) as right_number
        from given_links
        join
            numbered_identifiers as one
            on given_links.left_namespace = one.namespace
            and given_links.left_value = one.value
        join
            numbered_identifiers as other
            on given_links.right_namespace = other.namespace
            and given_links.right_value = other.value
    )

select rule, left_number, right_number, max(weight) as weight, min(reason) as reason
from met
where left_number < right_number
group by rule, left_number, right_number
order by rule, left_number, right_number
