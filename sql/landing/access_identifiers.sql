-- access_identifiers: the logins and visitors of the requests that are certainly
-- events.
-- Grain: one row per request and namespace.
-- Reads: access_pages, feed_limits.
select
    feed_limits.file_id,
    request.number - 1099511627776 as event_ordinal,
    feed_limits.user_id as namespace,
    request.login as value,
    'actor' as role,
    true as is_authenticated,
    false as is_merge
from access_pages as request
cross join feed_limits
-- A login that was refused is only what somebody typed.
where request.login is not null and request.status_code != 401
union all
select
    feed_limits.file_id,
    request.number - 1099511627776 as event_ordinal,
    feed_limits.visitor as namespace,
    substr(md5(concat(request.host, '|', request.agent)), 1, 16) as value,
    'actor' as role,
    false as is_authenticated,
    false as is_merge
from access_pages as request
cross join feed_limits
