-- judged_identifiers: every identifier, with its namespace's number and why it names
-- nobody.
-- Grain: one row per namespace, value.
-- Reads: identifier_sightings, blocked_identifiers, namespace_policy.
with
    blocked as (
        select identifier_key, min(reason) as reason
        from blocked_identifiers
        group by identifier_key
    )

select
    identifier_sightings.identifier_key,
    identifier_sightings.namespace,
    identifier_sightings.value,
    identifier_sightings.night,
    identifier_sightings.first_seen_at,
    identifier_sightings.last_seen_at,
    identifier_sightings.sighting_count,
    namespace_policy.namespace_number,
    blocked.reason as blocked_reason
from identifier_sightings
join namespace_policy on identifier_sightings.namespace = namespace_policy.namespace
left join blocked on identifier_sightings.identifier_key = blocked.identifier_key
