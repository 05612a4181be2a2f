-- fresh_identifiers: whom the batch's new events and revisions name.
-- Grain: one row per event_id, namespace, value, role, occurred_at: versions of one
-- event that came in one batch count as those that came in several.
-- Reads: hashed_events, placed_events, staged_identifiers, landing.
with
    named as (
        select
            hashed.event_id,
            hashed.source,
            identifier.namespace,
            identifier.value,
            identifier.role,
            identifier.is_authenticated,
            identifier.is_merge,
            hashed.is_machine,
            hashed.occurred_at,
            hashed.known_at,
            landing.night,
            hashed.handle_count = 1 and placed.fate is null as is_alone
        from staged_identifiers as identifier
        inner join
            hashed_events as hashed
            on identifier.file_id = hashed.file_id
            and identifier.event_ordinal = hashed.event_ordinal
        left join
            placed_events as placed
            on hashed.file_id = placed.file_id
            and hashed.event_ordinal = placed.event_ordinal
        cross join landing
        where coalesce(placed.fate, 'landed') != 'repeat'
    ),

    merged as (
        select named.* exclude (is_alone)
        from named
        where named.is_alone
        union all
        select
            named.event_id,
            named.source,
            named.namespace,
            named.value,
            named.role,
            bool_or(named.is_authenticated) as is_authenticated,
            bool_or(named.is_merge) as is_merge,
            bool_and(named.is_machine) as is_machine,
            named.occurred_at,
            min(named.known_at) as known_at,
            min(named.night) as night
        from named
        where not named.is_alone
        group by
            named.event_id,
            named.source,
            named.namespace,
            named.value,
            named.role,
            named.occurred_at
    )

select *
from merged
order by
    merged.event_id, merged.namespace, merged.value, merged.role, merged.occurred_at
