-- attribute_values: every value that is said of a customer, the golden one first.
-- Grain: one row per customer_id, attribute, place.
-- Reads: attribute_sightings, golden_strategies, sources.
with
    weighed as (
        select
            attribute_sightings.customer_id,
            attribute_sightings.attribute,
            attribute_sightings.source,
            attribute_sightings.value,
            attribute_sightings.event_id,
            attribute_sightings.first_seen_at,
            attribute_sightings.last_seen_at,
            attribute_sightings.sighting_count,
            coalesce(golden_strategies.strategy, 'intersected') as strategy,
            coalesce(sources.rank, 2147483647) as source_rank,
            -- What a source said last; of two at one instant, that consent is
            -- withdrawn.
            row_number() over (
                partition by
                    attribute_sightings.customer_id,
                    attribute_sightings.attribute,
                    attribute_sightings.source
                order by
                    attribute_sightings.last_seen_at desc,
                    attribute_sightings.value desc
            ) as statement
        from attribute_sightings
        -- Consents have no strategy of their own.
        left join
            golden_strategies
            on attribute_sightings.attribute = golden_strategies.attribute
        -- A source taken out of the configuration comes after all others.
        left join sources on attribute_sightings.source = sources.source
    ),

    voiced as (
        select
            *,
            row_number() over (
                partition by customer_id, attribute, value
                order by
                    case when strategy = 'intersected' then statement else 0 end,
                    case when strategy = 'source_priority' then source_rank else 0 end,
                    last_seen_at desc,
                    source_rank,
                    source
            ) as voice
        from weighed
    ),

    valued as (
        select
            customer_id,
            attribute,
            value,
            min(strategy) as strategy,
            min(source_rank) as source_rank,
            min(case when statement = 1 then 0 else 1 end) as is_outdated,
            max(case when voice = 1 then source end) as source,
            max(case when voice = 1 then event_id end) as event_id,
            max(case when voice = 1 then last_seen_at end) as seen_at,
            count(*) as source_count,
            cast(sum(sighting_count) as bigint) as sighting_count,
            min(first_seen_at) as first_seen_at,
            max(last_seen_at) as last_seen_at
        from voiced
        group by customer_id, attribute, value
    )

select
    customer_id,
    attribute,
    cast(
        row_number() over (
            partition by customer_id, attribute
            order by
                case when strategy = 'intersected' then is_outdated else 0 end,
                case
                    when strategy = 'intersected' and value = 'given' then 1 else 0
                end,
                case when strategy = 'source_priority' then source_rank else 0 end,
                case when strategy = 'most_complete' then length(value) else 0 end desc,
                case
                    when strategy in ('majority', 'most_complete')
                    then source_count
                    else 0
                end desc,
                case
                    when strategy in ('majority', 'most_complete')
                    then sighting_count
                    else 0
                end desc,
                last_seen_at desc,
                source_rank,
                value
        ) as bigint
    ) as place,
    value,
    strategy,
    source,
    event_id,
    seen_at,
    first_seen_at,
    last_seen_at,
    source_count,
    sighting_count
from valued
