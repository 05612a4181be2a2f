-- erased_ordinals: the batch's events that happened to somebody erased: those that name
-- them as customer, and of the same record those that name no other.
-- Grain: one row per file_id, event_ordinal.
-- Reads: hashed_events, staged_identifiers, erased_identifiers, staged_erased_events.
with
    customers as (
        select
            identifier.file_id,
            identifier.event_ordinal,
            bool_or(erased.value is not null) as is_erased
        from staged_identifiers as identifier
        left join
            erased_identifiers as erased
            on identifier.namespace = erased.namespace
            and identifier.value = erased.value
        where identifier.role in ('actor', 'recipient', 'subject')
        group by identifier.file_id, identifier.event_ordinal
    ),

    named as (
        select customers.file_id, customers.event_ordinal
        from customers
        where customers.is_erased
        union
        select erased_event.file_id, erased_event.event_ordinal
        from staged_erased_events as erased_event
    ),

    records as (
        select distinct hashed.file_id, hashed.record_number
        from hashed_events as hashed
        semi join
            named
            on hashed.file_id = named.file_id
            and hashed.event_ordinal = named.event_ordinal
    )

select named.file_id, named.event_ordinal
from named
union
select hashed.file_id, hashed.event_ordinal
from hashed_events as hashed
semi join
    records
    on hashed.file_id = records.file_id
    and hashed.record_number = records.record_number
anti join
    customers
    on hashed.file_id = customers.file_id
    and hashed.event_ordinal = customers.event_ordinal
