-- declared_merges: two values of one namespace that a source declares to be one person.
-- Grain: one row per left_number, right_number.
-- Reads: pairs, crowds, crowd_members, numbered_identifiers.
with
    merged as (
        select
            crowd_members.identifier_number as right_number,
            min(crowd_members.identifier_number) over (
                partition by crowd_members.crowd_number, crowd_members.namespace_number
            ) as left_number
        from crowd_members
        join crowds on crowd_members.crowd_number = crowds.crowd_number
        where crowds.is_merge and not crowd_members.is_blocked
    )

select left_number, right_number
from merged
where left_number < right_number
group by left_number, right_number
union
select pairs.left_number, pairs.right_number
from pairs
join numbered_identifiers as left_end on pairs.left_number = left_end.identifier_number
join
    numbered_identifiers as right_end
    on pairs.right_number = right_end.identifier_number
where
    pairs.is_merge
    -- No equation, or it may be joined on first: each namespace with itself.
    and left_end.namespace_number - right_end.namespace_number = 0
    and not left_end.is_blocked
    and not right_end.is_blocked
