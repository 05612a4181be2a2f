-- suspect_identifiers: values that look as if they named nobody, and why.
-- Grain: one row per identifier, reason.
-- Reads: identifiers, customer_links, given_name_counts.
with
    met as (
        select left_identifier as identifier, right_identifier as other_identifier
        from customer_links
        union all
        select right_identifier as identifier, left_identifier as other_identifier
        from customer_links
    ),

    fan_out as (
        select met.identifier, other.namespace, count(*) as other_count
        from met
        join identifiers as other on met.other_identifier = other.identifier
        where other.is_strong and other.status <> 'blocked'
        group by met.identifier, other.namespace
        having count(*) >= 10
    ),

    suspected as (
        select
            identifier,
            'seen with ' || other_count || ' ' || namespace || ' values' as reason,
            other_count as weight
        from fan_out
        union all
        select
            identifier,
            'used with ' || name_count || ' different given names' as reason,
            name_count as weight
        from given_name_counts
        where name_count > 3
        union all
        select identifier, 'one character, repeated' as reason, event_count as weight
        from identifiers
        where
            length(value) >= 4
            and replace(split_part(value, '@', 1), substr(ltrim(value, '+'), 1, 1), '')
            in ('', '+')
            or namespace = 'phone'
            and regexp_matches(
                value, '0{6}|1{6}|2{6}|3{6}|4{6}|5{6}|6{6}|7{6}|8{6}|9{6}'
            )
        union all
        select identifier, 'a placeholder, not a value' as reason, event_count as weight
        from identifiers
        where
            regexp_matches(
                lower(value),
                '(^|[^a-z])(test|tester|testing|dummy|fake|placeholder|example|sample|asdf|qwerty|unknown|undefined|anonymous|nobody|noemail|no-email|xxx+)([^a-z]|$)'
            )
            and namespace <> 'email'
            or namespace = 'email'
            and regexp_matches(
                split_part(lower(value), '@', 1),
                '^(test|tester|testing|dummy|fake|placeholder|example|sample|asdf|qwerty|unknown|undefined|anonymous|nobody|noemail|no-email|none|xxx+)[0-9]*$'
            )
    )

select
    identifiers.identifier,
    identifiers.namespace,
    identifiers.value,
    identifiers.status,
    suspected.reason,
    identifiers.event_count
from suspected
join identifiers on suspected.identifier = identifiers.identifier
where identifiers.status <> 'blocked'
order by suspected.weight desc, identifiers.identifier, suspected.reason
