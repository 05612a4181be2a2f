-- funnel_checked(...): true, or an error that says what in a funnel's question cannot
-- be meant.
-- Grain: one value.
-- Reads: nothing.
create or replace macro funnel_checked(
    steps,
    window_days,
    ordering,
    anchored,
    optional_steps,
    step_days,
    excluded,
    excluded_between,
    exclusion,
    hold,
    counting,
    reentry,
    ties,
    named
) as
case
    when coalesce(len(steps), 0) = 0 or len(steps) > 60
    then error('funnel: name 1 to 60 steps')
    when window_days < 0
    then error('funnel: window_days is 0 or more')
    when ordering not in ('ordered', 'strict', 'any')
    then error('funnel: ordering is one of ordered, strict, any')
    when ordering = 'any' and len(steps) > 10
    then error('funnel: any order takes up to 10 steps')
    when exclusion not in ('keep', 'remove')
    then error('funnel: exclusion is one of keep, remove')
    when hold <> 'object_id' and not starts_with(hold, 'property:')
    then error('funnel: hold is object_id or property:NAME')
    when counting not in ('customers', 'journeys', 'totals')
    then error('funnel: counting is one of customers, journeys, totals')
    when coalesce(reentry, 'first') not in ('first', 'optimised')
    then error('funnel: reentry is one of first, optimised')
    when counting = 'totals' and reentry = 'optimised'
    then error('funnel: totals enter again after an end only; leave reentry out')
    when ties not in ('position', 'steps')
    then error('funnel: ties is one of position, steps')
    when named not in ('any', 'touchpoint', 'kind', 'stage')
    then error('funnel: named is one of any, touchpoint, kind, stage')
    when ordering = 'strict' and ties = 'steps'
    then error('funnel: strict needs the one order of events; leave ties out')
    when len(anchored) > 0 and ordering <> 'any'
    then error('funnel: anchored steps are for any order; all others are in order')
    when len(optional_steps) > 0 and ordering = 'any'
    then error('funnel: any order knows no optional steps; leave them out')
    when list_contains(optional_steps, 1)
    then error('funnel: the first step is what enters; it cannot be optional')
    when len(optional_steps) > 10
    then error('funnel: up to 10 steps may be optional')
    when len(step_days) > 0 and ordering = 'any'
    then error('funnel: any order has no window per step')
    when len(step_days) > 0 and len(step_days) <> len(steps) - 1
    then error('funnel: step_days holds one window after each step but the last')
    when excluded_between is not null and ordering = 'any'
    then error('funnel: in any order exclusions hold from the first event to the last')
    when
        excluded_between is not null
        and not coalesce(
            len(excluded_between) = 2
            and excluded_between[1] >= 1
            and excluded_between[1] < excluded_between[2]
            and excluded_between[2] <= len(steps)
            and not list_has_any(excluded_between, optional_steps),
            false
        )
    then error('funnel: excluded_between is [from step, to step], neither optional')
    else true
end
