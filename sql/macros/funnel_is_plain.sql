-- funnel_is_plain(...): whether a funnel's steps have but one order, with nothing else
-- to heed than its window.
-- Grain: one value.
-- Reads: nothing.
-- Then one row for each entry and step is enough to find the best entry.
create or replace macro funnel_is_plain(
    ordering, optional_steps, step_days, excluded, hold, counting
) as
(
    ordering <> 'any'
    and len(optional_steps) = 0
    and len(step_days) = 0
    and len(excluded) = 0
    and hold is null
    and counting <> 'totals'
)
