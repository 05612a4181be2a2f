-- given_name_counts: how many different given names each identifier was used with.
-- Grain: one row per identifier seen with a name.
-- Reads: landed_attributes, landed_identifiers.
with
    said as (
        select
            event_id,
            lower(
                coalesce(
                    max(case when attribute = 'given_name' then trim(value) end),
                    max(
                        case
                            when attribute = 'full_name'
                            then split_part(trim(value), ' ', 1)
                        end
                    )
                )
            ) as given_name
        from landed_attributes
        where attribute in ('given_name', 'full_name')
        group by event_id
    )

select
    landed_identifiers.namespace || ':' || landed_identifiers.value as identifier,
    count(distinct said.given_name) as name_count
from said
join landed_identifiers on said.event_id = landed_identifiers.event_id
where landed_identifiers.role in ('actor', 'recipient', 'subject')
group by landed_identifiers.namespace, landed_identifiers.value
having count(distinct said.given_name) > 3
