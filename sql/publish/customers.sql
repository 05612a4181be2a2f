-- customers: the single customer view: who they are, what they did, where they stand.
-- Grain: one row per customer_id.
-- Reads: customer_personas, customers.
select
    customers.customer_id,
    customers.email_masked,
    customers.phone_masked,
    customers.full_name,
    customers.full_name_source,
    customers.country,
    customers.country_source,
    customers.language,
    customers.language_source,
    customers.company,
    customers.company_source,
    customers.job_title,
    customers.job_title_source,
    customers.consent_email,
    customers.consent_email_source,
    customers.first_seen_at,
    customers.last_seen_at,
    customers.current_stage,
    customer_personas.persona,
    customers.event_count,
    customers.identifier_count,
    customers.channel_count,
    customers.journey_count,
    customers.completed_journey_count,
    customers.ended_journey_count,
    customers.open_journey_count,
    customers.value_cents,
    customers.identity_confidence
from customers
-- Who met one touchpoint alone has no persona.
left join customer_personas on customers.customer_id = customer_personas.customer_id
order by customers.customer_id
