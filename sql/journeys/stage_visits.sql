-- stage_visits: a stay in one stage: touchpoints of a journey with no other between.
-- Grain: one row per customer_id, journey_number, visit_number.
-- Reads: touchpoint_visits.
with
    -- The first and last touchpoint of each stay: one row where they are the same.
    edges as (
        select
            customer_id,
            journey_number,
            step,
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
            stage,
            stage_position,
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
    )

select
    customer_id,
    journey_number,
    visit_number,
    stage,
    stage_position,
    entered_at,
    last_touched_at,
    -- Who has left without a next stage was last seen at the last touchpoint.
    case
        when exit = 'open' then null else coalesce(next_entered_at, last_touched_at)
    end as left_at,
    cast(last_touched_us - entered_us as double) / 3600000000e0 as touched_hours,
    last_step - step + 1 as touchpoint_count,
    next_stage,
    wait_us,
    exit,
    is_settled,
    is_uncertain
from stays
