-- mail_scans: opens and clicks by a program that tries a mail before its reader sees
-- it.
-- Grain: one row per event_id.
-- Reads: landed_events, landed_identifiers, landed_revisions, parameters.
with
    -- All versions, so that it does not matter which of them came first.
    versions as (
        select event_id, kind, object_id, link, occurred_at, time_precision, is_machine
        from landed_events
        union all
        select event_id, kind, object_id, link, occurred_at, time_precision, is_machine
        from landed_revisions
    ),

    -- Many senders give all copies of a mail one id: it is one mail to one address.
    notices as (
        select
            landed_identifiers.source,
            versions.object_id,
            landed_identifiers.namespace,
            landed_identifiers.value,
            versions.event_id,
            versions.kind,
            versions.link,
            epoch_us(versions.occurred_at) as occurred_us
        from versions
        join landed_identifiers on versions.event_id = landed_identifiers.event_id
        cross join parameters
        where
            versions.kind in ('email_delivered', 'email_opened', 'email_clicked')
            and versions.object_id is not null
            and versions.time_precision in ('second', 'millisecond', 'microsecond')
            and versions.occurred_at <= parameters.as_of
            and not versions.is_machine
            and landed_identifiers.role = 'recipient'
    ),

    delivered as (
        select source, object_id, namespace, value, min(occurred_us) as delivered_us
        from notices
        where kind = 'email_delivered'
        group by source, object_id, namespace, value
    ),

    -- Within ten seconds of delivery, or before it: a gateway tries the links while it
    -- still holds the mail.
    hasty as (
        select
            notices.source,
            notices.object_id,
            notices.namespace,
            notices.value,
            notices.event_id,
            notices.kind,
            notices.link
        from notices
        join
            delivered
            on notices.source = delivered.source
            and notices.object_id = delivered.object_id
            and notices.namespace = delivered.namespace
            and notices.value = delivered.value
        where
            notices.kind in ('email_opened', 'email_clicked')
            and notices.occurred_us <= delivered.delivered_us + 10000000
    ),

    -- Nobody opens a mail and follows a link, or follows two, in that time. Our choice.
    scanned as (
        select source, object_id, namespace, value
        from hasty
        group by source, object_id, namespace, value
        having
            max(case when kind = 'email_clicked' then 1 else 0 end) = 1
            and (
                max(case when kind = 'email_opened' then 1 else 0 end) = 1
                or count(distinct case when kind = 'email_clicked' then link end) > 1
            )
    )

select hasty.event_id
from hasty
join
    scanned
    on hasty.source = scanned.source
    and hasty.object_id = scanned.object_id
    and hasty.namespace = scanned.namespace
    and hasty.value = scanned.value
group by hasty.event_id
