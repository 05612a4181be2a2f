-- matched: journeys whose way a regular expression over codes fits.
-- Grain: one row per customer_id, journey_number.
-- Reads: journey_paths.
select customer_id, journey_number
from journey_paths
where
    regexp_matches(touchpoint_codes, $regex)
    and ($end_status is null or status = $end_status)
