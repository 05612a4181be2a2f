-- busy_views: what the busiest of those who did not log in asked for, page by page.
-- Grain: one row per source, namespace, value, event_id, label, occurred_at.
-- Reads: landed_events, landed_identifiers, landed_revisions, parameters.
with
    -- Whoever breaks a limit of machine_visitors is seen more than 30 times in some
    -- minute. Few are, and only their events are worth a look.
    busy_minutes as (
        select
            landed_identifiers.source,
            landed_identifiers.namespace,
            landed_identifiers.value
        from landed_identifiers
        cross join parameters
        where
            landed_identifiers.role = 'actor'
            and not landed_identifiers.is_authenticated
            and not landed_identifiers.is_machine
            and landed_identifiers.occurred_at <= parameters.as_of
        group by
            landed_identifiers.source,
            landed_identifiers.namespace,
            landed_identifiers.value,
            floor(cast(epoch_us(landed_identifiers.occurred_at) as double) / 60000000e0)
        having count(*) > 30
    ),

    busy as (
        select source, namespace, value
        from busy_minutes
        group by source, namespace, value
    ),

    -- All versions, so that it does not matter which of them came first.
    versions as (
        select event_id, kind, label, occurred_at, time_precision, actor, is_machine
        from landed_events
        union all
        select event_id, kind, label, occurred_at, time_precision, actor, is_machine
        from landed_revisions
    )

select
    landed_identifiers.source,
    landed_identifiers.namespace,
    landed_identifiers.value,
    versions.event_id,
    coalesce(versions.label, '') as label,
    versions.occurred_at
from landed_identifiers
join
    busy
    on landed_identifiers.source = busy.source
    and landed_identifiers.namespace = busy.namespace
    and landed_identifiers.value = busy.value
join versions on landed_identifiers.event_id = versions.event_id
cross join parameters
where
    landed_identifiers.role = 'actor'
    and versions.kind in ('page_viewed', 'page_failed', 'form_submitted')
    and versions.actor = 'customer'
    and not versions.is_machine
    and versions.time_precision in ('second', 'millisecond', 'microsecond')
    and versions.occurred_at <= parameters.as_of
    -- What the script of an open page asks for, again and again, is no page.
    and coalesce(versions.label, '') not like '/api/%'
    and coalesce(versions.label, '') not like '%.json'
group by
    landed_identifiers.source,
    landed_identifiers.namespace,
    landed_identifiers.value,
    versions.event_id,
    coalesce(versions.label, ''),
    versions.occurred_at
