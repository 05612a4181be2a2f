-- cause_cells: visits and losses by the day, in all and by channel and kind of device.
-- Grain: one row per grain, name, cell, day_on.
-- Reads: cause_visits.
with
    celled as (
        select grain, name, '(all)' as cell, customer_id, day_on, is_lost
        from cause_visits
        union all
        select
            grain,
            name,
            case
                when device_kind is null
                then channel
                else channel || ', ' || device_kind
            end as cell,
            customer_id,
            day_on,
            is_lost
        from cause_visits
    ),

    -- A cell that is all there is would tell everything twice.
    sized as (
        select grain, name, cell, count(*) as visit_count
        from celled
        group by grain, name, cell
    ),

    whole as (select grain, name, visit_count from sized where cell = '(all)')

select
    celled.grain,
    celled.name,
    celled.cell,
    celled.day_on,
    count(*) as visit_count,
    cast(sum(case when celled.is_lost then 1 else 0 end) as bigint) as lost_count
from celled
join
    sized
    on celled.grain = sized.grain
    and celled.name = sized.name
    and celled.cell = sized.cell
join whole on celled.grain = whole.grain and celled.name = whole.name
where celled.cell = '(all)' or sized.visit_count < whole.visit_count
group by celled.grain, celled.name, celled.cell, celled.day_on
order by celled.grain, celled.name, celled.cell, celled.day_on
