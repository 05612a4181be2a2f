-- access_left_out: the requests of a block that a rule certainly leaves out.
-- Grain: one row per request.
-- Reads: access_ignored, feed_limits.
select feed_limits.file_id, request.number as record_number, request.rule
from access_ignored as request
cross join feed_limits
