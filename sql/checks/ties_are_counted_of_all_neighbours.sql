-- Every event but a customer's first has a neighbour before it, tied or not, and each
-- tie was broken in one way.
with
    ordered as (
        select
            count(*) - count(distinct customer_id) as pair_count,
            count(case when is_tied then 1 end) as tied_count
        from ordered_events
    ),

    counted as (
        select
            grain,
            cast(sum(pair_count) as bigint) as pair_count,
            cast(sum(tied_count) as bigint) as tied_count,
            cast(
                sum(by_rank_count + by_sequence_count + by_id_count) as bigint
            ) as broken_count
        from ties
        group by grain
    )

select
    counted.grain,
    counted.pair_count,
    ordered.pair_count as expected_pair_count,
    counted.tied_count,
    ordered.tied_count as expected_tied_count,
    counted.broken_count
from counted
cross join ordered
where
    counted.tied_count <> ordered.tied_count
    or counted.broken_count <> counted.tied_count
    -- Pairs of kinds without a tie are left out.
    or (counted.grain <> 'kind' and counted.pair_count <> ordered.pair_count)
