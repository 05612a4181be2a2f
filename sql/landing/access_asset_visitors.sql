-- access_asset_visitors: whose browsers asked for parts of pages.
-- Grain: one row per visitor and day.
-- Reads: access_assets, feed_limits.
select
    feed_limits.file_id,
    request.number - 1099511627776 as event_ordinal,
    feed_limits.visitor as namespace,
    substr(request.own_id, 1, 16) as value,
    'actor' as role,
    false as is_authenticated,
    false as is_merge
from access_assets as request
cross join feed_limits
