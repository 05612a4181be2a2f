-- undone_merges: merges that a source took back and did not declare again.
-- Grain: one row per left_number, right_number.
-- Reads: crowd_members, crowds, numbered_identifiers, pairs, unmerged_identifiers.
with
    parted as (
        select
            unmerged_identifiers.event_id,
            unmerged_identifiers.role,
            unmerged_identifiers.occurred_at,
            numbered_identifiers.identifier_number
        from unmerged_identifiers
        join
            numbered_identifiers
            on unmerged_identifiers.namespace = numbered_identifiers.namespace
            and unmerged_identifiers.value = numbered_identifiers.value
    ),

    unmerged as (
        select
            one.identifier_number as left_number,
            other.identifier_number as right_number,
            max(one.occurred_at) as unmerged_at
        from parted as one
        join
            parted as other
            on one.event_id = other.event_id
            and one.role = other.role
            and one.occurred_at = other.occurred_at
            and one.identifier_number < other.identifier_number
        group by one.identifier_number, other.identifier_number
    ),

    merged as (
        select left_number, right_number, last_seen_at as merged_at
        from pairs
        where is_merge
        union all
        select
            one.identifier_number as left_number,
            other.identifier_number as right_number,
            crowds.occurred_at as merged_at
        from crowds
        join crowd_members as one on crowds.crowd_number = one.crowd_number
        join
            crowd_members as other
            on one.crowd_number = other.crowd_number
            and one.identifier_number < other.identifier_number
        where crowds.is_merge
    )

select
    unmerged.left_number,
    unmerged.right_number,
    min(unmerged.unmerged_at) as unmerged_at
from unmerged
join
    merged
    on unmerged.left_number = merged.left_number
    and unmerged.right_number = merged.right_number
group by unmerged.left_number, unmerged.right_number
having max(merged.merged_at) < min(unmerged.unmerged_at)
