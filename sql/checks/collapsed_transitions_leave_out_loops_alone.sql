-- Without self-loops all else stays, and the loops left out are counted.
with
    loops as (
        select grain, from_name, transition_count
        from named_transitions
        where from_name = to_name
    ),

    expected as (
        select
            named_transitions.grain,
            named_transitions.from_name,
            named_transitions.to_name,
            named_transitions.transition_count,
            coalesce(loops.transition_count, 0) as repeated_count
        from named_transitions
        left join
            loops
            on named_transitions.grain = loops.grain
            and named_transitions.from_name = loops.from_name
        where named_transitions.from_name <> named_transitions.to_name
    )

select
    coalesce(expected.grain, collapsed_transitions.grain) as grain,
    coalesce(expected.from_name, collapsed_transitions.from_name) as from_name,
    coalesce(expected.to_name, collapsed_transitions.to_name) as to_name,
    expected.transition_count,
    collapsed_transitions.transition_count as collapsed_count,
    expected.repeated_count,
    collapsed_transitions.repeated_count as shown_repeated_count
from expected
full join
    collapsed_transitions
    on expected.grain = collapsed_transitions.grain
    and expected.from_name = collapsed_transitions.from_name
    and expected.to_name = collapsed_transitions.to_name
where
    coalesce(expected.transition_count, 0)
    <> coalesce(collapsed_transitions.transition_count, 0)
    or coalesce(expected.repeated_count, -1)
    <> coalesce(collapsed_transitions.repeated_count, -1)
