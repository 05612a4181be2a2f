-- windowed_sightings: when those who may have met too many in too short a time met
-- each.
-- Grain: one row per identifier_number, strong_number, occurred_at.
-- Reads: crowd_members, crowds, meetings, numbered_identifiers,
-- windowed_identifiers.
with
    met as (
        select
            first_number as identifier_number, last_number as other_number, occurred_at
        from meetings
        where first_number in (select identifier_number from windowed_identifiers)
        union all
        select
            last_number as identifier_number, first_number as other_number, occurred_at
        from meetings
        where last_number in (select identifier_number from windowed_identifiers)
        union all
        select
            member.identifier_number,
            other.identifier_number as other_number,
            crowds.occurred_at
        from crowd_members as member
        join crowds on member.crowd_number = crowds.crowd_number
        join
            crowd_members as other
            on member.crowd_number = other.crowd_number
            and member.identifier_number <> other.identifier_number
        where
            member.identifier_number
            in (select identifier_number from windowed_identifiers)
    )

select
    met.identifier_number,
    met.other_number as strong_number,
    epoch_us(met.occurred_at) as at_us
from met
join numbered_identifiers on met.other_number = numbered_identifiers.identifier_number
where numbered_identifiers.is_strong and not numbered_identifiers.is_blocked
group by met.identifier_number, met.other_number, met.occurred_at
