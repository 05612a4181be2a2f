-- A run of two touchpoints, the next step of a window and a transition are one thing,
-- once a touchpoint that follows itself is one step.
with
    runs as (
        select
            from_codes.name as from_name,
            to_codes.name as to_name,
            ngram_counts.occurrence_count
        from ngram_counts
        join
            path_codes as from_codes
            on from_codes.grain = 'touchpoint'
            and from_codes.code = substr(ngram_counts.codes, 1, 1)
        join
            path_codes as to_codes
            on to_codes.grain = 'touchpoint'
            and to_codes.code = substr(ngram_counts.codes, 2, 1)
        where ngram_counts.step_count = 2
    ),

    windows as (
        select from_touchpoint, to_touchpoint, followed_count
        from path_windows
        where within_steps = 1
    ),

    moves as (
        select from_touchpoint, to_touchpoint, transition_count
        from touchpoint_transitions
        where
            from_touchpoint <> to_touchpoint
            and from_touchpoint <> '(start)'
            and to_touchpoint not in ('(completed)', '(ended)', '(open)')
    )

select
    coalesce(moves.from_touchpoint, runs.from_name) as from_touchpoint,
    coalesce(moves.to_touchpoint, runs.to_name) as to_touchpoint,
    moves.transition_count,
    runs.occurrence_count,
    windows.followed_count
from moves
full join
    runs
    on moves.from_touchpoint = runs.from_name
    and moves.to_touchpoint = runs.to_name
left join
    windows
    on moves.from_touchpoint = windows.from_touchpoint
    and moves.to_touchpoint = windows.to_touchpoint
where
    coalesce(moves.transition_count, 0) <> coalesce(runs.occurrence_count, 0)
    or coalesce(moves.transition_count, 0) <> coalesce(windows.followed_count, 0)
