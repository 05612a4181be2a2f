-- attribute_sightings: what each source says of each customer, and when it said so.
-- Grain: one row per customer_id, attribute, source, value.
-- Reads: landed_attributes, ordered_events, parameters.
with
    said as (
        select
            ordered_events.customer_id,
            ordered_events.attribution,
            landed_attributes.event_key,
            landed_attributes.attribute,
            landed_attributes.value,
            landed_attributes.source,
            landed_attributes.occurred_at
        from landed_attributes
        join ordered_events on landed_attributes.event_key = ordered_events.event_key
        union all
        -- Whoever leaves a mailing or calls it spam wants no more of them.
        select
            customer_id,
            attribution,
            event_key,
            'consent_email' as attribute,
            case
                when kind = 'email_subscribed' then 'given' else 'withdrawn'
            end as value,
            source,
            occurred_at
        from ordered_events
        where kind in ('email_subscribed', 'email_unsubscribed', 'email_complained')
    ),

    placed as (
        select
            said.*,
            row_number() over (
                partition by said.customer_id, said.attribute, said.source, said.value
                order by said.occurred_at desc, said.event_key
            ) as recency
        from said
        cross join parameters
        where
            said.occurred_at <= parameters.as_of
            -- Who used a shared device is a guess, and a guess names nobody.
            and said.attribution <> 'nearest_login'
    )

select
    customer_id,
    attribute,
    source,
    value,
    cast(max(case when recency = 1 then event_key end) as varchar) as event_id,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at,
    count(*) as sighting_count
from placed
group by customer_id, attribute, source, value
