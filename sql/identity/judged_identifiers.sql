-- judged_identifiers: the identifiers that name nobody, and why.
-- Grain: one row per identifier_number.
-- Reads: blocked_identifiers.
select identifier_number, min(reason) as reason
from blocked_identifiers
group by identifier_number
