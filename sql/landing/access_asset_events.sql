-- access_asset_events: that a visitor's browser asked for parts of pages on a day.
-- Grain: one row per visitor and day.
-- Reads: access_assets, feed_limits.
select
    feed_limits.file_id,
    request.number as record_number,
    request.number - 1099511627776 as event_ordinal,
    request.own_id,
    feed_limits.source,
    feed_limits.channel,
    'assets_requested' as kind,
    'asset' as kind_raw,
    make_timestamp(request.day_us) as occurred_at,
    'day' as time_precision,
    'explicit' as time_basis,
    0 as source_sequence,
    'system' as actor,
    'internal' as direction,
    'asset' as machine_reason,
    '{}' as properties
from access_assets as request
cross join feed_limits
