-- meetings: where one event names, in one role, an identifier more than once or
-- several.
-- Grain: one row per event and role with two or more sightings; only where there are
-- three or more is the event named.
-- Reads: linkable_identifiers, numbered_identifiers, source_numbers.
with
    sightings as (
        select
            linkable_identifiers.event_id,
            -- A small number groups in half the time of a word.
            cast(
                case
                    linkable_identifiers.role
                    when 'actor'
                    then 0
                    when 'recipient'
                    then 1
                    else 2
                end as tinyint
            ) as role_number,
            numbered_identifiers.identifier_number,
            source_numbers.source_number,
            linkable_identifiers.occurred_at,
            linkable_identifiers.is_merge,
            linkable_identifiers.is_authenticated
        from linkable_identifiers
        join
            numbered_identifiers
            on hash(
                linkable_identifiers.namespace,
                linkable_identifiers.value,
                getvariable('identifier_salt')
            )
            = numbered_identifiers.identifier_key
        join source_numbers on linkable_identifiers.source = source_numbers.source
    )

select
    case when count(*) > 2 then event_id end as event_id,
    role_number,
    min(identifier_number) as first_number,
    max(identifier_number) as last_number,
    min(source_number) as source_number,
    min(occurred_at) as occurred_at,
    count(*) as sighting_count,
    bool_or(is_merge) as is_merge,
    bool_or(is_authenticated) as is_authenticated
from sightings
group by sightings.event_id, role_number
having count(*) > 1
