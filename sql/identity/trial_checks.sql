-- trial_checks: the claims that do not hold before, or would not under the policy
-- tried.
-- Grain: one row per claim.
-- Reads: before_checks, after_checks.
select
    after_checks.claim,
    after_checks.reason,
    coalesce(before_checks.is_met, true) as is_met_before,
    after_checks.is_met as is_met_after
from after_checks
left join before_checks on after_checks.claim = before_checks.claim
where not after_checks.is_met or not before_checks.is_met
order by after_checks.claim
