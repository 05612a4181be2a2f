-- fresh_attributes: what the batch's new events and revisions say of their customer.
-- Grain: one row per event_id, attribute, value, occurred_at: versions of one event
-- that came in one batch count as those that came in several.
-- Reads: hashed_events, placed_events, staged_attributes, landing.
with
    said as (
        select
            hashed.event_id,
            hashed.source,
            attribute.attribute,
            attribute.value,
            coalesce(attribute.stated_at, hashed.occurred_at) as occurred_at,
            hashed.known_at,
            landing.night,
            placed.fate is null as is_alone
        from staged_attributes as attribute
        inner join
            hashed_events as hashed
            on attribute.file_id = hashed.file_id
            and attribute.event_ordinal = hashed.event_ordinal
        left join
            placed_events as placed
            on hashed.file_id = placed.file_id
            and hashed.event_ordinal = placed.event_ordinal
        cross join landing
        where coalesce(placed.fate, 'landed') != 'repeat'
    ),

    merged as (
        select said.* exclude (is_alone)
        from said
        where said.is_alone
        union all
        select
            said.event_id,
            said.source,
            said.attribute,
            said.value,
            said.occurred_at,
            min(said.known_at) as known_at,
            min(said.night) as night
        from said
        where not said.is_alone
        group by
            said.event_id, said.source, said.attribute, said.value, said.occurred_at
    )

select *
from merged
order by merged.event_id, merged.attribute, merged.value, merged.occurred_at
