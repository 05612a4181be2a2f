-- device_sightings: what people did on devices of several people, and who had logged
-- in.
-- Grain: one row per identifier, event_id.
-- Reads: channels, contested_devices, known_events, landed_identifiers,
-- named_customers, parameters.
with
    sightings as (
        select
            landed_identifiers.event_id,
            contested_devices.identifier,
            contested_devices.strength
        from landed_identifiers
        join
            contested_devices
            on landed_identifiers.namespace = contested_devices.namespace
            and landed_identifiers.value = contested_devices.value
        where
            landed_identifiers.role in ('actor', 'recipient', 'subject')
            and not landed_identifiers.is_machine
        group by
            landed_identifiers.event_id,
            contested_devices.identifier,
            contested_devices.strength
    )

select
    sightings.identifier,
    sightings.event_id,
    known_events.event_key,
    sightings.strength,
    -- Only somebody's own identifier says who was there.
    case
        when named_customers.attribution = 'identifier' then named_customers.customer_id
    end as customer_id,
    epoch_us(known_events.occurred_at) as occurred_us,
    channels.gap_us,
    least(channels.gap_us, parameters.backfill_us) as backfill_us
from sightings
join known_events on sightings.event_id = known_events.event_id
join channels on known_events.channel = channels.channel
cross join parameters
-- What names nothing but a shared device has no customer yet.
left join named_customers on known_events.event_key = named_customers.event_key
where
    not known_events.is_machine
    and known_events.occurred_at <= parameters.as_of
    -- What another device of one person's own was seen at is that person's.
    and (
        named_customers.event_key is null
        or named_customers.attribution = 'identifier'
        or named_customers.identifier = sightings.identifier
    )
