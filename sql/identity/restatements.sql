-- restatements: how today's view of a past instant differs from the one of then.
-- Grain: one row.
-- Reads: customer_successors, event_moves, identifiers, unowned_events.
with
    known as (
        select count(distinct customer_id) as customer_count
        from identifiers
        where customer_id is not null
    ),

    fates as (
        select
            count(distinct current_id) as current_customer_count,
            -- Several former customers may have one successor.
            count(distinct former_id) - count(
                distinct case when is_successor then current_id end
            ) as merged_customer_count,
            -- One former customer has one successor, whatever else came of it.
            count(distinct current_id) - count(
                distinct case when is_successor then current_id end
            ) as split_customer_count
        from customer_successors
    ),

    moves as (
        select
            coalesce(cast(sum(event_moves.event_count) as bigint), 0) as event_count,
            -- An event moved where its customer of today goes on from another one.
            coalesce(
                cast(
                    sum(event_moves.event_count) filter (
                        where customer_successors.former_id is null
                    ) as bigint
                ),
                0
            ) as restated_event_count
        from event_moves
        left join
            customer_successors
            on event_moves.former_id = customer_successors.former_id
            and event_moves.current_id = customer_successors.current_id
            and customer_successors.is_successor
            and customer_successors.is_predecessor
    ),

    unowned as (select count(*) as event_count from unowned_events)

select
    known.customer_count,
    fates.current_customer_count,
    fates.merged_customer_count,
    fates.split_customer_count,
    moves.event_count + unowned.event_count as event_count,
    moves.restated_event_count,
    unowned.event_count as unattributed_event_count,
    (moves.restated_event_count + unowned.event_count) / nullif(
        cast(moves.event_count + unowned.event_count as double), 0
    ) as restated_event_share
from known
cross join fates
cross join moves
cross join unowned
