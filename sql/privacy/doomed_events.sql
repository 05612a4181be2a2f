-- doomed_events: what happened to the person: events that name them as customer or were
-- attributed to them, and of the same record those that name no other.
-- Grain: one row per event_id.
-- Reads: landed_events, landed_revisions, landed_identifiers, erased_identifiers,
-- attributed_events.
with
    customers as (
        select identifier.event_id, bool_or(erased.value is not null) as is_erased
        from landed_identifiers as identifier
        left join
            erased_identifiers as erased
            on identifier.namespace = erased.namespace
            and identifier.value = erased.value
        where identifier.role in ('actor', 'recipient', 'subject')
        group by identifier.event_id
    ),

    named as (
        select customers.event_id, true as is_named
        from customers
        where customers.is_erased
        union all
        select attributed.event_id, false as is_named
        from attributed_events as attributed
    ),

    versions as (
        select event.event_id, event.file_id, event.record_number, false as is_revision
        from landed_events as event
        union all
        select
            revision.event_id,
            revision.file_id,
            revision.record_number,
            true as is_revision
        from landed_revisions as revision
    ),

    doomed as (
        select named.event_id, named.is_named
        from named
        union all
        select version.event_id, false as is_named
        from versions as version
        semi join
            (
                select distinct versions.file_id, versions.record_number
                from versions
                semi join named on versions.event_id = named.event_id
            ) as record
            on version.file_id = record.file_id
            and version.record_number = record.record_number
        anti join customers on version.event_id = customers.event_id
    )

select
    doomed.event_id,
    -- One version may name the person and another nobody, now or in a late file. Only
    -- an
    -- event that is known by its content (sql/landing/hashed_events.sql) has no other.
    bool_or(doomed.is_named)
    and not bool_or(revised.event_id is not null)
    and coalesce(
        bool_and(
            replace(left(event.event_id, 13), '-', '') = left(
                sha1(
                    unhex('2f6f54e06d3a5a539a6577656e64000a')
                    || encode(event.source || '|content|' || event.content_hash)
                ),
                12
            )
        ),
        false
    ) as is_told_by_names
from doomed
left join
    (select distinct event_id from versions where is_revision) as revised
    on doomed.event_id = revised.event_id
left join landed_events as event on doomed.event_id = event.event_id
group by doomed.event_id
