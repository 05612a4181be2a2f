-- Each wait of one side for the other is a transition between two who began.
with
    turns as (
        select
            case
                when before.initiator = 'customer' then 'customer' else 'company'
            end as waiting,
            cast(
                sum(touchpoint_transitions.transition_count) as bigint
            ) as transition_count
        from touchpoint_transitions
        join
            touchpoints as before
            on touchpoint_transitions.from_touchpoint = before.touchpoint
        join
            touchpoints as after
            on touchpoint_transitions.to_touchpoint = after.touchpoint
        where before.initiator <> after.initiator
        group by 1
    ),

    waited as (
        select waiting, cast(sum(hand_over_count) as bigint) as hand_over_count
        from hand_overs
        group by waiting
    )

select
    coalesce(turns.waiting, waited.waiting) as waiting,
    turns.transition_count,
    waited.hand_over_count
from turns
full join waited on turns.waiting = waited.waiting
where coalesce(turns.transition_count, 0) <> coalesce(waited.hand_over_count, 0)
