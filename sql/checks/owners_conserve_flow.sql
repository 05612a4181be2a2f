-- What comes into a owner, starts included, goes out of it again, ends included.
with
    flows as (
        select to_owner as name, transition_count as came, 0 as went
        from owner_transitions
        where to_owner not in ('(completed)', '(ended)', '(open)')
        union all
        select from_owner as name, 0 as came, transition_count as went
        from owner_transitions
        where from_owner <> '(start)'
    ),

    summed as (
        select
            name, cast(sum(came) as bigint) as came, cast(sum(went) as bigint) as went
        from flows
        group by name
    )

select name, came, went
from summed
where came <> went
