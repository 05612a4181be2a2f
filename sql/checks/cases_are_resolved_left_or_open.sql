-- A case that is in none of the three, or in two, would make effort look other than
-- it is.
select grain, name, case_count, resolved_count, left_case_count, open_case_count
from effort
where
    case_count <> resolved_count + left_case_count + open_case_count
    or told_count > resolved_count
    or repeated_count > settled_contact_count
