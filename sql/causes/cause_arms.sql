-- cause_arms: visits with something known on entry, and those without it in the same
-- days, of journeys that had come as far.
-- Grain: one row per grain, name, factor, value, reached.
-- Reads: cause_days.
-- Both arms span the days from the value's first to its last: a value that came or
-- went with the times is not held against other times. A visit of which the thing is
-- not known is in neither arm.
with
    spans as (
        select
            grain, name, factor, value, min(day_on) as first_on, max(day_on) as last_on
        from cause_days
        where value is not null
        group by grain, name, factor, value
    ),

    visits as (
        select
            grain,
            name,
            factor,
            value,
            reached,
            sum(visit_count) as visit_count,
            sum(lost_count) as lost_count
        from cause_days
        where value is not null
        group by grain, name, factor, value, reached
    ),

    -- All visits of which the thing is known at all.
    totals as (
        select
            spans.grain,
            spans.name,
            spans.factor,
            spans.value,
            cause_days.reached,
            sum(cause_days.visit_count) as visit_count,
            sum(cause_days.lost_count) as lost_count
        from spans
        join
            cause_days
            on spans.grain = cause_days.grain
            and spans.name = cause_days.name
            and spans.factor = cause_days.factor
            and cause_days.value is null
            and cause_days.day_on between spans.first_on and spans.last_on
        group by spans.grain, spans.name, spans.factor, spans.value, cause_days.reached
    )

select
    visits.grain,
    visits.name,
    visits.factor,
    visits.value,
    visits.reached,
    cast(visits.visit_count as bigint) as settled_count,
    cast(visits.lost_count as bigint) as lost_count,
    cast(totals.visit_count - visits.visit_count as bigint) as other_settled_count,
    cast(totals.lost_count - visits.lost_count as bigint) as other_lost_count
from visits
join
    totals
    on visits.grain = totals.grain
    and visits.name = totals.name
    and visits.factor = totals.factor
    and visits.value = totals.value
    and visits.reached = totals.reached
order by visits.grain, visits.name, visits.factor, visits.value, visits.reached
