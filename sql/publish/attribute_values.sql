-- attribute_values: every value that is said of a customer, the golden one first.
-- Grain: one row per customer_id, attribute, place.
-- Reads: attribute_values, parameters.
select
    attribute_values.customer_id,
    attribute_values.attribute,
    attribute_values.place,
    case
        when
            parameters.show_identifiers
            or attribute_values.attribute not in (
                'full_name',
                'given_name',
                'family_name',
                'birth_on',
                'street',
                'postcode'
            )
        then attribute_values.value
        when attribute_values.attribute = 'birth_on'
        then substr(attribute_values.value, 1, 4) || '-**-**'
        else substr(attribute_values.value, 1, 1) || '***'
    end as value,
    attribute_values.strategy,
    attribute_values.source,
    attribute_values.event_id,
    attribute_values.seen_at,
    attribute_values.first_seen_at,
    attribute_values.last_seen_at,
    attribute_values.source_count,
    attribute_values.sighting_count
from attribute_values
cross join parameters
order by
    attribute_values.customer_id, attribute_values.attribute, attribute_values.place
