-- bare_visitors: visitors who ask for pages and never for the images and scripts on
-- them.
-- Grain: one row per source, namespace, value.
-- Reads: landed_events, landed_identifiers, landed_revisions, parameters.
with
    dressed as (
        select
            landed_identifiers.source,
            landed_identifiers.namespace,
            landed_identifiers.value
        from landed_events
        join landed_identifiers on landed_events.event_id = landed_identifiers.event_id
        where landed_events.kind = 'assets_requested'
        group by
            landed_identifiers.source,
            landed_identifiers.namespace,
            landed_identifiers.value
    ),

    -- All versions, so that it does not matter which of them came first.
    views as (
        select event_id, occurred_at
        from landed_events
        where
            kind = 'page_viewed'
            and not is_machine
            and device_kind in ('desktop', 'mobile', 'tablet')
            and coalesce(label, '') not like '/api/%'
            and coalesce(label, '') not like '%.json'
            -- Only where requests for assets are told of at all.
            and source in (select source from dressed)
        union all
        select event_id, occurred_at
        from landed_revisions
        where
            kind = 'page_viewed'
            and not is_machine
            and device_kind in ('desktop', 'mobile', 'tablet')
            and coalesce(label, '') not like '/api/%'
            and coalesce(label, '') not like '%.json'
            and source in (select source from dressed)
    ),

    -- Of each visitor: its pages, and whether anybody in it has a name.
    seen as (
        select
            visitors.source,
            visitors.namespace,
            visitors.value,
            count(distinct visitors.event_id) as view_count,
            max(
                case
                    when
                        others.is_authenticated
                        or others.namespace in ('user_id', 'email', 'phone')
                    then 1
                    else 0
                end
            ) as is_named
        from landed_identifiers as visitors
        join views on visitors.event_id = views.event_id
        join landed_identifiers as others on visitors.event_id = others.event_id
        cross join parameters
        where
            visitors.role = 'actor'
            and not visitors.is_authenticated
            and visitors.namespace in (select namespace from dressed)
            and views.occurred_at <= parameters.as_of
        group by visitors.source, visitors.namespace, visitors.value
    ),

    -- Assets may come from another server, or from what a browser kept: then few
    -- visitors ask for any, and none is told by it.
    judged as (
        select
            seen.source,
            seen.namespace,
            seen.value,
            seen.view_count,
            seen.is_named,
            dressed.source is not null as is_dressed,
            cast(
                sum(case when dressed.source is null then 0 else 1 end) over (
                    partition by seen.source, seen.namespace
                ) as bigint
            ) as dressed_count,
            count(*) over (partition by seen.source, seen.namespace) as visitor_count
        from seen
        left join
            dressed
            on seen.source = dressed.source
            and seen.namespace = dressed.namespace
            and seen.value = dressed.value
    )

select source, namespace, value
from judged
where
    not is_dressed
    and view_count >= 20
    and is_named = 0
    and dressed_count * 2 > visitor_count
