-- trial_fates: what the policy tried would make of each customer.
-- Grain: one row per before_id.
-- Reads: trial_moves.
with
    -- Where each customer goes: a null is not counted, but it changes who the
    -- customer is.
    parted as (
        select before_id, count(after_id) as part_count, count(*) as place_count
        from trial_moves
        where before_id is not null
        group by before_id
    ),

    gathered as (
        select
            trial_moves.after_id,
            count(trial_moves.before_id) as feeder_count,
            count(*) as origin_count,
            max(parted.part_count) as widest_part_count
        from trial_moves
        left join parted on trial_moves.before_id = parted.before_id
        where trial_moves.after_id is not null
        group by trial_moves.after_id
    ),

    met as (
        select
            parted.before_id,
            parted.part_count,
            parted.place_count,
            max(gathered.feeder_count) as feeder_count,
            max(gathered.origin_count) as origin_count,
            max(gathered.widest_part_count) as widest_part_count,
            coalesce(
                max(
                    case when trial_moves.after_id = parted.before_id then 1 else 0 end
                ),
                0
            ) as kept_count
        from parted
        join trial_moves on parted.before_id = trial_moves.before_id
        left join gathered on trial_moves.after_id = gathered.after_id
        group by parted.before_id, parted.part_count, parted.place_count
    )

select
    before_id,
    case
        when part_count = 0
        then 'dissolved'
        when part_count = 1 and feeder_count = 1
        then
            case
                when place_count = 1 and origin_count = 1
                then 'unchanged'
                else 'resized'
            end
        when part_count = 1 and widest_part_count = 1
        then 'merged'
        when part_count > 1 and feeder_count = 1
        then 'split'
        else 'regrouped'
    end as fate,
    kept_count = 1 as has_kept_id
from met
