-- cause_arms: visits with something known on entry, and those without it in the same
-- days.
-- Grain: one row per grain, name, factor, value.
-- Reads: cause_days.
-- Both arms span the days from the value's first to its last: a value that came or
-- went with the times is not held against other times. A visit of which the thing is
-- not known is in neither arm.
with
    spans as (
        select
            grain,
            name,
            factor,
            value,
            min(day_on) as first_on,
            max(day_on) as last_on,
            sum(visit_count) as visit_count,
            sum(lost_count) as lost_count
        from cause_days
        where value is not null
        group by grain, name, factor, value
    ),

    -- Days of which the thing is known at all.
    totals as (
        select
            grain,
            name,
            factor,
            day_on,
            sum(visit_count) as visit_count,
            sum(lost_count) as lost_count
        from cause_days
        where value is null
        group by grain, name, factor, day_on
    )

select
    spans.grain,
    spans.name,
    spans.factor,
    spans.value,
    cast(spans.visit_count as bigint) as settled_count,
    cast(spans.lost_count as bigint) as lost_count,
    cast(sum(totals.visit_count) - spans.visit_count as bigint) as other_settled_count,
    cast(sum(totals.lost_count) - spans.lost_count as bigint) as other_lost_count
from spans
join
    totals
    on spans.grain = totals.grain
    and spans.name = totals.name
    and spans.factor = totals.factor
    and totals.day_on between spans.first_on and spans.last_on
group by
    spans.grain,
    spans.name,
    spans.factor,
    spans.value,
    spans.visit_count,
    spans.lost_count
order by spans.grain, spans.name, spans.factor, spans.value
