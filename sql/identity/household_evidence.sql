-- household_evidence: e-mail addresses, telephones and postal addresses that several
-- customers share.
-- Grain: one row per namespace, value, customer_id.
-- Reads: customer_links, event_customers, identifiers, landed_attributes.
with
    contacts as (
        select identifier, namespace, value, customer_id, status, priority, night
        from identifiers
        where namespace in ('email', 'phone') and status in ('active', 'shared')
    ),

    -- A link that counts leads to the same customer; only the others tell of two. One
    -- that expired tells of a number that somebody else has now.
    apart as (
        select left_identifier as contact, right_identifier as person
        from customer_links
        where status in ('rejected', 'shared', 'vetoed')
        union all
        select right_identifier as contact, left_identifier as person
        from customer_links
        where status in ('rejected', 'shared', 'vetoed')
    ),

    streets as (
        select
            event_key,
            night,
            trim(regexp_replace(lower(value), '[^\p{L}\p{N}]+', ' ', 'g')) as street
        from landed_attributes
        where attribute = 'street'
    ),

    postcodes as (
        select
            event_key,
            upper(regexp_replace(value, '[^\p{L}\p{N}]+', '', 'g')) as postcode
        from landed_attributes
        where attribute = 'postcode'
    ),

    shown as (
        select
            contacts.namespace,
            contacts.value,
            contacts.priority,
            contacts.night,
            identifiers.customer_id
        from contacts
        join apart on contacts.identifier = apart.contact
        join identifiers on apart.person = identifiers.identifier
        -- A cookie that a shared address was seen with may be anybody's.
        where identifiers.status = 'active' and identifiers.is_strong
        union all
        select namespace, value, priority, night, customer_id
        from contacts
        where status = 'active'
        union all
        select
            'address' as namespace,
            postcodes.postcode || ' ' || streets.street as value,
            1000 as priority,
            streets.night,
            event_customers.customer_id
        from streets
        join postcodes on streets.event_key = postcodes.event_key
        join event_customers on streets.event_key = event_customers.event_key
        where streets.street <> '' and postcodes.postcode <> ''
    ),

    persons as (
        select
            namespace,
            value,
            customer_id,
            min(priority) as priority,
            min(min(night)) over (partition by namespace, value) as night,
            count(*) over (partition by namespace, value) as customer_count
        from shown
        group by namespace, value, customer_id
    )

select namespace, value, customer_id, priority, night, customer_count
from persons
where customer_count > 1
order by night, priority, namespace, value, customer_id
