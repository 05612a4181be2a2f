-- ngram_lifts: runs of touchpoints seen in ten journeys or more, against mere chance.
-- Grain: one row per step_count, codes.
-- Reads: ngram_counts, path_codes, path_steps, touchpoints.
-- Expected is how many runs there would be if each step were drawn by its share of all
-- steps, but never the one just made, as a touchpoint that follows itself is no step.
with
    shared as (
        select
            code,
            cast(visit_count as double)
            / cast(sum(visit_count) over () as bigint) as share
        from
            (
                select
                    substr(ahead, 1, 1) as code,
                    cast(sum(journey_count) as bigint) as visit_count
                from path_steps
                group by substr(ahead, 1, 1)
            ) as visited
    ),

    coded as (
        select
            shared.code,
            shared.share,
            path_codes.name,
            case when touchpoints.outcome is null then 0 else 1 end as is_outcome
        from shared
        join
            path_codes
            on path_codes.grain = 'touchpoint'
            and path_codes.code = shared.code
        join touchpoints on path_codes.name = touchpoints.touchpoint
    ),

    totals as (
        select step_count, cast(sum(occurrence_count) as bigint) as run_count
        from ngram_counts
        group by step_count
    )

select
    ngram_counts.step_count,
    ngram_counts.codes,
    first_codes.name
    || ' > '
    || second_codes.name
    || coalesce(' > ' || third_codes.name, '')
    || coalesce(' > ' || fourth_codes.name, '') as path,
    ngram_counts.occurrence_count,
    ngram_counts.journey_count,
    ngram_counts.settled_count,
    ngram_counts.settled_completed_count,
    totals.run_count
    * first_codes.share
    * second_codes.share
    / nullif(1e0 - first_codes.share, 0e0)
    * coalesce(third_codes.share / nullif(1e0 - second_codes.share, 0e0), 1e0)
    * coalesce(
        fourth_codes.share / nullif(1e0 - third_codes.share, 0e0), 1e0
    ) as expected_count,
    first_codes.is_outcome
    + second_codes.is_outcome
    + coalesce(third_codes.is_outcome, 0)
    + coalesce(fourth_codes.is_outcome, 0)
    > 0 as has_outcome
from ngram_counts
join totals on ngram_counts.step_count = totals.step_count
join coded as first_codes on substr(ngram_counts.codes, 1, 1) = first_codes.code
join coded as second_codes on substr(ngram_counts.codes, 2, 1) = second_codes.code
-- A run of two has no third step.
left join coded as third_codes on substr(ngram_counts.codes, 3, 1) = third_codes.code
left join coded as fourth_codes on substr(ngram_counts.codes, 4, 1) = fourth_codes.code
-- Fewer tell nothing of an outcome's share; our choice.
where ngram_counts.journey_count >= 10
