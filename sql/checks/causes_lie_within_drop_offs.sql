-- Two arms of visits to one place are no more than its visits, and what could be won
-- is of the first cause's. Where a sample was looked at, sizes are only near.
select
    drop_off_causes.grain,
    drop_off_causes.name,
    drop_off_causes.factor,
    drop_off_causes.settled_count + drop_off_causes.other_settled_count as arm_count,
    drop_offs.settled_count,
    drop_off_causes.lost_count + drop_off_causes.other_lost_count as arm_lost_count,
    drop_offs.settled_ended_count,
    opportunities.reach
from drop_off_causes
left join
    drop_offs
    on drop_off_causes.grain = drop_offs.grain
    and drop_off_causes.name = drop_offs.name
left join
    opportunities
    on drop_off_causes.grain = opportunities.grain
    and drop_off_causes.name = opportunities.name
    and drop_off_causes.factor = opportunities.factor
    and drop_off_causes.value is not distinct from opportunities.value
    and drop_off_causes.from_on is not distinct from opportunities.from_on
where
    drop_off_causes.sampled_share = 1
    and (
        drop_offs.name is null
        or drop_off_causes.settled_count + drop_off_causes.other_settled_count
        > drop_offs.settled_count
        or drop_off_causes.lost_count + drop_off_causes.other_lost_count
        > drop_offs.settled_ended_count
        or opportunities.reach <> drop_off_causes.settled_count
    )
