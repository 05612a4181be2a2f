-- What comes into a stage, touchpoint, channel or owner, starts included, goes out of
-- it again, ends included.
with
    flows as (
        select grain, to_name as name, transition_count as came, 0 as went
        from named_transitions
        where to_name not in ('(completed)', '(ended)', '(open)')
        union all
        select grain, from_name as name, 0 as came, transition_count as went
        from named_transitions
        where from_name <> '(start)'
    ),

    summed as (
        select
            grain,
            name,
            cast(sum(came) as bigint) as came,
            cast(sum(went) as bigint) as went
        from flows
        group by grain, name
    )

select grain, name, came, went
from summed
where came <> went
