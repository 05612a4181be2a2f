-- trial_churn: churn risk before and under the policy tried.
-- Grain: one row per side: before, after.
-- Reads: before_churn_scores, after_churn_scores.
with
    scores as (
        select 'before' as side, is_scored, churn_risk
        from before_churn_scores
        union all
        select 'after' as side, is_scored, churn_risk
        from after_churn_scores
    )

select
    side,
    count(*) as customer_count,
    count(*) filter (where is_scored) as scored_count,
    -- At risk: more likely to leave than to stay, as on the page of risks.
    count(*) filter (where churn_risk >= 0.5) as at_risk_count,
    avg(churn_risk) as mean_risk,
    sum(churn_risk) as expected_leaver_count
from scores
group by side
order by side desc
