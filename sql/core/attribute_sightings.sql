-- attribute_sightings: what each source says of each customer, and when it said so.
-- Grain: one row per customer_id, attribute, source, value.
-- Reads: event_customers, known_events, landed_attributes, parameters.
with
    said as (
        select
            landed_attributes.event_key,
            landed_attributes.attribute,
            landed_attributes.value,
            landed_attributes.source,
            landed_attributes.occurred_at
        from landed_attributes
        join known_events on landed_attributes.event_id = known_events.event_id
        where not known_events.is_machine
        union all
        -- Whoever leaves a mailing or calls it spam wants no more of them.
        select
            event_key,
            'consent_email' as attribute,
            case
                when kind = 'email_subscribed' then 'given' else 'withdrawn'
            end as value,
            source,
            occurred_at
        from known_events
        where
            not is_machine
            and kind in ('email_subscribed', 'email_unsubscribed', 'email_complained')
    ),

    placed as (
        select
            event_customers.customer_id,
            said.attribute,
            said.source,
            said.value,
            said.event_key,
            said.occurred_at,
            row_number() over (
                partition by
                    event_customers.customer_id, said.attribute, said.source, said.value
                order by said.occurred_at desc, said.event_key
            ) as recency
        from said
        join event_customers on said.event_key = event_customers.event_key
        cross join parameters
        where
            said.occurred_at <= parameters.as_of
            -- Who used a shared device is a guess, and a guess names nobody.
            and event_customers.attribution <> 'nearest_login'
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
