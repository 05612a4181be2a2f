-- Period 0 is that of entry: a cohort that is not whole in it has lost somebody.
select clock, entry, period, activity, cohort_on, possible_count, retained_count
from retention
where from_number = 0 and retained_count <> possible_count
