-- ngrams: runs of two to four touchpoints, and whether journeys with them end well.
-- Grain: one row per step_count (2, 3 or 4), path.
-- Reads: journey_paths, ngram_lifts.
-- A touchpoint that follows itself is one step. Runs of fewer than ten journeys are
-- left
-- out. Shares are of settled journeys (see paths); p_value is that of the difference to
-- all settled journeys without the run (two proportions, pooled, two-sided), q_value
-- the same after Benjamini and Hochberg's control over all rows that have one. Runs
-- with
-- an outcome in them tell nothing of it and have none. A difference is no cause: long
-- journeys hold more runs.
with
    whole as (
        select
            count(*) as all_journey_count,
            cast(
                sum(case when is_settled then 1 else 0 end) as bigint
            ) as all_settled_count,
            cast(
                sum(
                    case when is_settled and status = 'completed' then 1 else 0 end
                ) as bigint
            ) as all_completed_count
        from journey_paths
    ),

    compared as (
        select
            ngram_lifts.*,
            whole.all_journey_count,
            nullif(ngram_lifts.settled_count, 0) as settled_total,
            nullif(
                whole.all_settled_count - ngram_lifts.settled_count, 0
            ) as other_settled_count,
            whole.all_completed_count
            - ngram_lifts.settled_completed_count as other_completed_count,
            cast(whole.all_completed_count as double)
            / nullif(whole.all_settled_count, 0) as pooled_share
        from ngram_lifts
        cross join whole
    ),

    scored as (
        select
            *,
            case
                when not has_outcome
                then
                    abs(
                        cast(settled_completed_count as double) / settled_total
                        - cast(other_completed_count as double) / other_settled_count
                    ) / nullif(
                        sqrt(
                            pooled_share
                            * (1e0 - pooled_share)
                            * (1e0 / settled_total + 1e0 / other_settled_count)
                        ),
                        0e0
                    )
            end as z,
            -- Wilson's 95 % interval: z = 1.959963984540054.
            settled_completed_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    settled_completed_count
                    * (settled_count - settled_completed_count) as double
                )
                / settled_total
                + 0.960364705173531e0
            ) as reach,
            settled_total + 3.841458820694124e0 as scale
        from compared
    ),

    -- The normal tail by the Chebyshev fit of erfc in Press et al., Numerical Recipes,
    -- section 6.2 (erfcc): wrong by less than 1.2e-7 of itself, however far out.
    tested as (
        select
            *,
            t * exp(
                -1e0 * z * z / 2e0
                - 1.26551223e0
                + t
                * (
                    1.00002368e0
                    + t
                    * (
                        0.37409196e0
                        + t
                        * (
                            0.09678418e0
                            + t
                            * (
                                -0.18628806e0
                                + t
                                * (
                                    0.27886807e0
                                    + t
                                    * (
                                        -1.13520398e0
                                        + t
                                        * (
                                            1.48851587e0
                                            + t * (-0.82215223e0 + t * 0.17087277e0)
                                        )
                                    )
                                )
                            )
                        )
                    )
                )
            ) as p_value
        from
            (
                select *, 1e0 / (1e0 + 0.5e0 * z / 1.4142135623730951e0) as t
                from scored
            ) as fitted
    ),

    ranked as (
        select
            *,
            p_value
            * count(p_value) over ()
            / row_number() over (order by p_value nulls last, codes) as raw_q
        from tested
    )

select
    step_count,
    path,
    occurrence_count,
    expected_count,
    occurrence_count / expected_count as lift,
    journey_count,
    cast(journey_count as double) / all_journey_count as support_share,
    settled_count,
    settled_completed_count,
    cast(settled_completed_count as double) / settled_total as completed_share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    cast(other_completed_count as double)
    / other_settled_count as other_completed_share,
    p_value,
    case
        when p_value is not null
        then
            least(
                min(raw_q) over (
                    order by p_value desc, codes desc
                    rows between unbounded preceding and current row
                ),
                1e0
            )
    end as q_value,
    has_outcome,
    codes
from ranked
order by step_count, journey_count desc, path
