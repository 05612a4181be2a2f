-- stage_visits: a stay in one stage: touchpoints of a journey with no other between.
-- Grain: one row per customer_id, journey_number, visit_number.
-- Reads: parameters, touchpoint_visits.
-- A visit is a regression where it follows one further along the way, and a skip where
-- it follows one two or more stages before; a journey's first visit is neither. It is
-- stalled where it lasts longer than nine in ten settled visits to its stage: until
-- the next stage is entered, else until the last touchpoint, and while open until
-- as_of.
with
    -- The first and last touchpoint of each stay: one row where they are the same.
    edges as (
        select
            customer_id,
            journey_number,
            step,
            position,
            stage,
            stage_position,
            occurred_at,
            occurred_us,
            next_stage,
            next_occurred_at,
            wait_us,
            exit,
            is_settled,
            is_uncertain,
            is_entry,
            is_leave
        from touchpoint_visits
        where is_entry or is_leave
    ),

    paired as (
        select
            *,
            cast(
                sum(case when is_entry then 1 else 0 end) over way as bigint
            ) as visit_number,
            -- What comes before an entry is the leave of the visit before.
            lag(stage_position) over way as previous_stage_position,
            lead(step) over way as leave_step,
            lead(occurred_at) over way as leave_at,
            lead(occurred_us) over way as leave_us,
            lead(next_stage) over way as leave_stage,
            lead(next_occurred_at) over way as leave_next_at,
            lead(wait_us) over way as leave_wait_us,
            lead(exit) over way as leave_exit,
            lead(is_settled) over way as leave_is_settled,
            lead(is_uncertain) over way as leave_is_uncertain
        from edges
        window
            way as (
                partition by customer_id, journey_number
                order by step
                rows between unbounded preceding and current row
            )
    ),

    stays as (
        select
            customer_id,
            journey_number,
            visit_number,
            step,
            position as first_position,
            stage,
            stage_position,
            previous_stage_position,
            occurred_at as entered_at,
            occurred_us as entered_us,
            case when is_leave then step else leave_step end as last_step,
            case when is_leave then occurred_at else leave_at end as last_touched_at,
            case when is_leave then occurred_us else leave_us end as last_touched_us,
            case when is_leave then next_stage else leave_stage end as next_stage,
            case
                when is_leave then next_occurred_at else leave_next_at
            end as next_entered_at,
            case when is_leave then wait_us else leave_wait_us end as wait_us,
            case when is_leave then exit else leave_exit end as exit,
            case when is_leave then is_settled else leave_is_settled end as is_settled,
            case
                when is_leave then is_uncertain else leave_is_uncertain
            end as is_uncertain
        from paired
        where is_entry
    ),

    timed as (
        select
            stays.*,
            case
                when stays.exit = 'open'
                then parameters.as_of_us
                else stays.last_touched_us + coalesce(stays.wait_us, 0)
            end
            - stays.entered_us as stay_us
        from stays
        cross join parameters
    ),

    paces as (
        select stage, percentile_cont(0.9) within group (order by stay_us) as long_us
        from timed
        where is_settled
        group by stage
    )

select
    timed.customer_id,
    timed.journey_number,
    timed.visit_number,
    timed.first_position,
    timed.stage,
    timed.stage_position,
    timed.entered_at,
    timed.last_touched_at,
    -- Who has left without a next stage was last seen at the last touchpoint.
    case
        when timed.exit = 'open'
        then null
        else coalesce(timed.next_entered_at, timed.last_touched_at)
    end as left_at,
    cast(timed.last_touched_us - timed.entered_us as double)
    / 3600000000e0 as touched_hours,
    timed.last_step - timed.step + 1 as touchpoint_count,
    timed.next_stage,
    timed.wait_us,
    timed.exit,
    timed.is_settled,
    coalesce(
        timed.stage_position < timed.previous_stage_position, false
    ) as is_regression,
    coalesce(
        timed.stage_position > timed.previous_stage_position + 1, false
    ) as is_skip,
    -- While no visit to a stage has settled, nobody knows what is long there.
    coalesce(timed.stay_us > paces.long_us, false) as is_stalled,
    timed.is_uncertain
from timed
left join paces on timed.stage = paces.stage
