-- machine_events: events that nobody's agent but their own pattern gives away as a
-- machine's.
-- Grain: one row per event_id.
-- Reads: landed_identifiers, machine_visitors, mail_scans.
-- Built before stitching, for whom a machine meets is not one person.
with
    given_away as (
        select landed_identifiers.event_id, machine_visitors.machine_reason
        from landed_identifiers
        join
            machine_visitors
            on landed_identifiers.source = machine_visitors.source
            and landed_identifiers.namespace = machine_visitors.namespace
            and landed_identifiers.value = machine_visitors.value
        where landed_identifiers.role = 'actor'
        union all
        select event_id, 'mail_scanner' as machine_reason
        from mail_scans
    )

select event_id, min(machine_reason) as machine_reason
from given_away
group by event_id
