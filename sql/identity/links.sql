-- links: two identifiers with all the evidence that they were seen together.
-- Grain: one row per left_number, right_number; left is the stronger.
-- Reads: pairs, crowd_links.
with
    seen as (
        select *
        from pairs
        union all
        select *
        from crowd_links
    )

select
    left_number,
    right_number,
    min(source_number) as first_source_number,
    max(source_number) as last_source_number,
    min(first_seen_at) as first_seen_at,
    max(last_seen_at) as last_seen_at,
    cast(sum(event_count) as bigint) as event_count,
    bool_or(is_merge) as is_merge,
    bool_or(is_authenticated) as is_authenticated
from seen
group by left_number, right_number
