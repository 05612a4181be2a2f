-- link_sources: the sources of a link that several have seen.
-- Grain: one row per left_number, right_number with two or more sources.
-- Reads: pairs, crowd_links, source_numbers.
with
    seen as (
        select left_number, right_number, source_number
        from pairs
        union
        select left_number, right_number, source_number
        from crowd_links
    )

select
    seen.left_number,
    seen.right_number,
    string_agg(source_numbers.source, ',' order by source_numbers.source) as sources
from seen
join source_numbers on seen.source_number = source_numbers.source_number
group by seen.left_number, seen.right_number
having count(*) > 1
