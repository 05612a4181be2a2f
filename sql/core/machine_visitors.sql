-- machine_visitors: visitors who go through pages as no person does, and what gave them
-- away.
-- Grain: one row per source, namespace, value, machine_reason.
-- Reads: bare_visitors, busy_views, landed_identifiers.
with
    -- A minute and half an hour of the clock, for a window that slides would see little
    -- more. Pages are counted once: a page that reloads itself is open before a person.
    minutes as (
        select source, namespace, value, count(distinct label) as page_count
        from busy_views
        group by
            source,
            namespace,
            value,
            floor(cast(epoch_us(occurred_at) as double) / 60000000e0)
    ),

    half_hours as (
        select
            source,
            namespace,
            value,
            count(distinct event_id) as view_count,
            count(distinct label) as page_count
        from busy_views
        group by
            source,
            namespace,
            value,
            floor(cast(epoch_us(occurred_at) as double) / 1800000000e0)
    ),

    -- Sixty pages a minute for a minute, or a request every two seconds for half an
    -- hour:
    -- nobody reads so fast. Our choice; people were seen at up to 20 a minute.
    hasty as (
        select
            source,
            namespace,
            value,
            max(case when page_count > 600 then 1 else 0 end) as is_extreme
        from minutes
        where page_count > 60
        group by source, namespace, value
        union all
        select source, namespace, value, 0 as is_extreme
        from half_hours
        where view_count > 900 and page_count > 100
        group by source, namespace, value
    ),

    -- Who logged in or gave an address is a customer, however hasty; an address of the
    -- network behind which many sit may be, too.
    named as (
        select busy_views.source, busy_views.namespace, busy_views.value
        from busy_views
        join landed_identifiers on busy_views.event_id = landed_identifiers.event_id
        where
            landed_identifiers.is_authenticated
            or landed_identifiers.namespace in ('user_id', 'email', 'phone')
        group by busy_views.source, busy_views.namespace, busy_views.value
    )

select hasty.source, hasty.namespace, hasty.value, 'rate' as machine_reason
from hasty
-- Most are not named.
left join
    named
    on hasty.source = named.source
    and hasty.namespace = named.namespace
    and hasty.value = named.value
where named.source is null or hasty.is_extreme = 1
group by hasty.source, hasty.namespace, hasty.value
union all
select
    bare_visitors.source,
    bare_visitors.namespace,
    bare_visitors.value,
    'no assets' as machine_reason
from bare_visitors
