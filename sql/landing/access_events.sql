-- access_events: the requests that are certainly events.
-- Grain: one row per request.
-- Reads: access_pages, feed_limits.
select
    feed_limits.file_id,
    request.number as record_number,
    -- Before all ordinals of the reader, which count from 1.
    request.number - 1099511627776 as event_ordinal,
    feed_limits.source,
    feed_limits.channel,
    if(request.status_code between 100 and 399, request.kind, 'page_failed') as kind,
    request.method || ' ' || request.status as kind_raw,
    request.label,
    make_timestamp(request.occurred_us) as occurred_at,
    'second' as time_precision,
    'explicit' as time_basis,
    0 as source_sequence,
    'customer' as actor,
    'inbound' as direction,
    request.machine_reason,
    request.device_kind,
    'page' as object_kind,
    concat(
        '{',
        '"bytes":' || nullif(request.size, '-') || ',',
        '"campaign":' || request.campaign || ',',
        '"referrer":' || request.page || ',',
        '"site":"' || request.site || '",',
        '"status":' || request.status_code,
        '}'
    ) as properties
from access_pages as request
cross join feed_limits
