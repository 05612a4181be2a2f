-- golden_values: what holds of each customer, attribute by attribute, and who said so.
-- Grain: one row per customer_id, attribute.
-- Reads: golden_values, parameters.
select
    golden_values.customer_id,
    golden_values.attribute,
    case
        when
            parameters.show_identifiers
            or golden_values.attribute not in (
                'full_name',
                'given_name',
                'family_name',
                'birth_on',
                'street',
                'postcode'
            )
        then golden_values.value
        when golden_values.attribute = 'birth_on'
        then substr(golden_values.value, 1, 4) || '-**-**'
        else substr(golden_values.value, 1, 1) || '***'
    end as value,
    golden_values.source,
    golden_values.event_id,
    golden_values.seen_at,
    golden_values.strategy,
    golden_values.loser_count
from golden_values
cross join parameters
order by golden_values.customer_id, golden_values.attribute
