-- activity_series: what retention and lifecycle follow customers by: an activity, seen
-- by the day, week or month.
-- Grain: one row per series_number.
-- Reads: nothing.
-- width_us is how long a period is by the rolling clock, in which a month has 30 days.
select series_number, activity, period, width_us
from
    (
        values
            (1, 'any', 'day', 86400000000),
            (2, 'any', 'week', 604800000000),
            (3, 'any', 'month', 2592000000000),
            (4, 'value', 'day', 86400000000),
            (5, 'value', 'week', 604800000000),
            (6, 'value', 'month', 2592000000000)
    ) as followed(series_number, activity, period, width_us)
