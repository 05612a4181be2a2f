-- golden_records: the golden values that the single customer view shows, side by side.
-- Grain: one row per customer_id with a golden value.
-- Reads: golden_values, parameters.
select
    golden_values.customer_id,
    -- A name is shown as A***, enough to tell it from others.
    max(
        case
            when golden_values.attribute = 'full_name' and parameters.show_identifiers
            then golden_values.value
            when golden_values.attribute = 'full_name'
            then substr(golden_values.value, 1, 1) || '***'
        end
    ) as full_name,
    max(
        case when golden_values.attribute = 'full_name' then golden_values.source end
    ) as full_name_source,
    max(
        case when golden_values.attribute = 'country' then golden_values.value end
    ) as country,
    max(
        case when golden_values.attribute = 'country' then golden_values.source end
    ) as country_source,
    max(
        case when golden_values.attribute = 'language' then golden_values.value end
    ) as language,
    max(
        case when golden_values.attribute = 'language' then golden_values.source end
    ) as language_source,
    max(
        case when golden_values.attribute = 'company' then golden_values.value end
    ) as company,
    max(
        case when golden_values.attribute = 'company' then golden_values.source end
    ) as company_source,
    max(
        case when golden_values.attribute = 'job_title' then golden_values.value end
    ) as job_title,
    max(
        case when golden_values.attribute = 'job_title' then golden_values.source end
    ) as job_title_source,
    max(
        case when golden_values.attribute = 'consent_email' then golden_values.value end
    ) as consent_email,
    max(
        case
            when golden_values.attribute = 'consent_email' then golden_values.source
        end
    ) as consent_email_source
from golden_values
cross join parameters
group by golden_values.customer_id
