-- funnel_moves(steps, ordering, anchored, optional_steps, step_days,
-- excluded_between): the steps that a funnel allows next, given the steps done so far.
-- A set of steps is a number with one bit a step. In order, a step may follow once all
-- earlier ones are done but the optional, and none that is later. In any order, only
-- an anchored step must come after all steps named before it and before all named
-- after it.
-- Grain: one row per set of steps done and step that may follow.
-- Reads: nothing.
create or replace macro funnel_moves(
    steps, ordering, anchored, optional_steps, step_days, excluded_between
) as table
with recursive
    -- At most 60 steps, so that a bit is left over.
    named_steps as (
        select
            cast(generate_subscripts(steps, 1) as bigint) as step, unnest(steps) as label
    ),

    placed_steps as (
        select
            step,
            cast(1 as bigint) << cast(step - 1 as integer) as bit,
            ordering <> 'any' or list_contains(anchored, step) as is_fixed,
            list_contains(optional_steps, step) as is_optional
        from named_steps
    ),

-- What must be done before a step, and what must not be.
    rules as (
        select
            late.step,
            late.bit,
            late.is_optional,
            cast(
                coalesce(
                    sum(early.bit) filter (
                        early.step < late.step and not early.is_optional
                    ),
                    0
                ) as bigint
            ) as needed,
            cast(
                coalesce(sum(early.bit) filter (early.step > late.step), 0) as bigint
            ) as spoiled
        from placed_steps as late
        left join
            placed_steps as early
            on early.step <> late.step
            and (early.is_fixed or late.is_fixed)
        group by late.step, late.bit, late.is_optional
    ),

    moves as (
        select
            cast(0 as bigint) as from_set,
            step,
            bit as to_set,
            cast(0 as bigint) as from_step,
            cast(1 as bigint) as depth,
            cast(1 as bigint) as reached_count
        from rules
        where needed = 0
        union
        select
            moves.to_set as from_set,
            rules.step,
            moves.to_set | rules.bit as to_set,
            case when ordering = 'any' then 0 else moves.step end as from_step,
            moves.depth + case when rules.is_optional then 0 else 1 end as depth,
            moves.reached_count + 1 as reached_count
        from moves
        join
            rules
            on moves.to_set & rules.bit = 0
            and moves.to_set & rules.needed = rules.needed
            and moves.to_set & rules.spoiled = 0
    )

select
    from_set,
    step,
    to_set,
    -- The row of the funnel that it reaches: the step, or how many are done.
    case when ordering = 'any' then reached_count else step end as level,
    depth,
    case
        when from_set > 0 and len(step_days) > 0
        then cast(round(step_days[step - 1] * 86400000000) as bigint)
    end as step_us,
    from_set > 0
    and (
        excluded_between is null
        or (from_step < excluded_between[2] and step > excluded_between[1])
    ) as is_guarded
from moves
