-- trial_drop_offs: each stage's drop-off before and under the policy tried.
-- Grain: one row per stage.
-- Reads: before_drop_offs, after_drop_offs, after_stages.
select
    after_stages.stage,
    before_drop_offs.settled_count as before_settled_count,
    before_drop_offs.drop_off_share as before_share,
    before_drop_offs.share_low as before_low,
    before_drop_offs.share_high as before_high,
    after_drop_offs.settled_count as after_settled_count,
    after_drop_offs.drop_off_share as after_share,
    after_drop_offs.share_low as after_low,
    after_drop_offs.share_high as after_high
from after_stages
join
    before_drop_offs
    on before_drop_offs.grain = 'stage'
    and after_stages.stage = before_drop_offs.name
join
    after_drop_offs
    on after_drop_offs.grain = 'stage'
    and after_stages.stage = after_drop_offs.name
order by after_stages.position, after_stages.stage
