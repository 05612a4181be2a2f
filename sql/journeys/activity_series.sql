-- activity_series: what retention and lifecycle follow customers by: an activity, seen
-- by the day, week or month.
-- Grain: one row per series_number.
-- Reads: nothing.
select series_number, activity, period
from
    (
        values
            (1, 'any', 'day'),
            (2, 'any', 'week'),
            (3, 'any', 'month'),
            (4, 'value', 'day'),
            (5, 'value', 'week'),
            (6, 'value', 'month')
    ) as followed(series_number, activity, period)
