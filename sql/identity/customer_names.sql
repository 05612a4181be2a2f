-- customer_names: how many different given names each customer gave.
-- Grain: one row per customer_id with a given name.
-- Reads: landed_attributes, linkable_identifiers, identifiers.
with
    said as (
        select
            event_id,
            lower(split_part(trim(value), ' ', 1)) as given_name,
            case when attribute = 'given_name' then 0 else 1 end as rank
        from landed_attributes
        where attribute in ('given_name', 'full_name')
    ),

    whose as (
        select
            linkable_identifiers.event_id,
            arg_min(
                identifiers.customer_id, (identifiers.priority, identifiers.identifier)
            ) as customer_id
        from linkable_identifiers
        join
            identifiers
            on linkable_identifiers.namespace = identifiers.namespace
            and linkable_identifiers.value = identifiers.value
        where
            identifiers.customer_id is not null
            and linkable_identifiers.event_id in (select event_id from said)
        group by linkable_identifiers.event_id
    ),

    named as (
        select event_id, given_name
        from said
        where rank = 0 or event_id not in (select event_id from said where rank = 0)
    )

select whose.customer_id, count(distinct named.given_name) as name_count
from named
join whose on named.event_id = whose.event_id
where named.given_name <> ''
group by whose.customer_id
