-- paths: the commonest ways of journeys, how far they reach and how they come out.
-- Grain: one row per grain (stage or touchpoint), rank.
-- Reads: journey_paths, path_codes, path_ranks, touchpoint_visits.
-- A path is the whole sequence of stage visits, or of touchpoints with one that follows
-- itself counted once. The 1,000 commonest of a grain have a row of their own, all else
-- the row (other) with rank 1001, so that journey_count adds up to all journeys, open
-- ones included. (none) is the path of journeys whose touchpoints have no stage.
-- Shares are of settled journeys: closed, and last touched longer than the dormancy
-- limit before as_of, when open ones of that time would be closed as well.
with
    taken as (
        select
            'stage' as grain,
            stage_codes as codes,
            customer_id,
            status,
            is_settled,
            duration_days
        from journey_paths
        union all
        select
            'touchpoint' as grain,
            collapsed_codes as codes,
            customer_id,
            status,
            is_settled,
            duration_days
        from journey_paths
    ),

    counted as (
        select
            taken.grain,
            least(path_ranks.rank, 1001) as rank,
            case when path_ranks.rank <= 1000 then path_ranks.codes end as codes,
            count(*) as journey_count,
            count(distinct taken.customer_id) as customer_count,
            cast(
                sum(case when taken.status = 'completed' then 1 else 0 end) as bigint
            ) as completed,
            cast(
                sum(case when taken.status = 'ended' then 1 else 0 end) as bigint
            ) as ended,
            cast(
                sum(case when taken.status = 'open' then 1 else 0 end) as bigint
            ) as open,
            cast(
                sum(case when taken.is_settled then 1 else 0 end) as bigint
            ) as settled_count,
            cast(
                sum(
                    case
                        when taken.is_settled and taken.status = 'completed'
                        then 1
                        else 0
                    end
                ) as bigint
            ) as settled_completed_count,
            percentile_cont(0.5) within group (
                order by taken.duration_days
            ) as duration_days_p50
        from taken
        join
            path_ranks
            on taken.grain = path_ranks.grain
            and taken.codes = path_ranks.codes
        group by
            taken.grain,
            least(path_ranks.rank, 1001),
            case when path_ranks.rank <= 1000 then path_ranks.codes end
    ),

    -- The numbers 1, 2, 3 and so on, up to the longest journey.
    steps as (select distinct step from touchpoint_visits),

    named as (
        select
            counted.grain,
            counted.rank,
            string_agg(path_codes.name, ' > ' order by steps.step) as path
        from counted
        join steps on steps.step <= length(counted.codes)
        join
            path_codes
            on counted.grain = path_codes.grain
            and substr(counted.codes, steps.step, 1) = path_codes.code
        group by counted.grain, counted.rank
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            cast(
                sum(journey_count) over (
                    partition by grain
                    order by rank, codes
                    rows between unbounded preceding and current row
                ) as bigint
            ) as covered_count,
            cast(sum(journey_count) over (partition by grain) as bigint) as whole_count,
            nullif(settled_count, 0) as settled_total,
            settled_completed_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_completed_count
                    * (settled_count - settled_completed_count) as double
                )
                / nullif(settled_count, 0)
                + 0.960364705173531e0
            ) as reach,
            nullif(settled_count, 0) + 3.841458820694124e0 as scale
        from counted
    )

select
    bounded.grain,
    bounded.rank,
    case
        when bounded.codes is null
        then '(other)'
        when bounded.codes = ''
        then '(none)'
        else named.path
    end as path,
    length(bounded.codes) as step_count,
    bounded.journey_count,
    bounded.customer_count,
    cast(bounded.journey_count as double) / bounded.whole_count as coverage_share,
    cast(bounded.covered_count as double) / bounded.whole_count as cumulative_share,
    bounded.completed,
    bounded.ended,
    bounded.open,
    bounded.settled_count,
    bounded.settled_completed_count,
    cast(bounded.settled_completed_count as double)
    / bounded.settled_total as completed_share,
    greatest(bounded.middle - bounded.reach, 0e0) / bounded.scale as share_low,
    least(bounded.middle + bounded.reach, bounded.scale) / bounded.scale as share_high,
    bounded.duration_days_p50,
    bounded.codes
from bounded
-- Neither (other) nor (none) has steps.
left join named on bounded.grain = named.grain and bounded.rank = named.rank
order by bounded.grain, bounded.rank
