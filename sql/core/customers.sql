-- customers: the single customer view: who they are, what they did, where they stand.
-- Grain: one row per customer_id.
-- Reads: customer_confidence, golden_records, identifiers, journeys, ordered_events,
-- stage_visits, suppressed_customers.
with
    ranked as (
        select
            identifiers.customer_id,
            identifiers.namespace,
            identifiers.value,
            row_number() over (
                partition by identifiers.customer_id, identifiers.namespace
                order by
                    identifiers.event_count desc,
                    identifiers.last_seen_at desc,
                    identifiers.identifier
            ) as place
        from identifiers
        -- Nobody is shown whose processing was stopped.
        left join
            suppressed_customers
            on identifiers.customer_id = suppressed_customers.customer_id
        where identifiers.status = 'active' and suppressed_customers.customer_id is null
    ),

    -- Addresses are shown as j***@example.org and +44***12: enough to recognise.
    held as (
        select
            customer_id,
            count(*) as identifier_count,
            max(
                case
                    when namespace = 'email' and place = 1
                    then
                        substr(value, 1, 1)
                        || '***'
                        || substr(value, strpos(value, '@'))
                end
            ) as email_masked,
            max(
                case
                    when namespace = 'phone' and place = 1
                    then
                        substr(value, 1, 3) || '***' || substr(value, length(value) - 1)
                end
            ) as phone_masked
        from ranked
        group by customer_id
    ),

    seen as (
        select
            customer_id,
            min(occurred_at) as first_seen_at,
            max(occurred_at) as last_seen_at,
            count(*) as event_count,
            count(distinct channel) as channel_count,
            cast(sum(amount_cents) as bigint) as value_cents
        from ordered_events
        group by customer_id
    ),

    -- The last visit of a journey alone has one of these exits.
    lasting as (
        select
            customer_id,
            stage,
            row_number() over (
                partition by customer_id order by journey_number desc, visit_number desc
            ) as recency
        from stage_visits
        where exit in ('completed', 'ended', 'open')
    ),

    travelled as (
        select
            customer_id,
            count(*) as journey_count,
            cast(
                sum(case when status = 'completed' then 1 else 0 end) as bigint
            ) as completed_journey_count,
            cast(
                sum(case when status = 'ended' then 1 else 0 end) as bigint
            ) as ended_journey_count,
            cast(
                sum(case when status = 'open' then 1 else 0 end) as bigint
            ) as open_journey_count
        from journeys
        group by customer_id
    )

select
    held.customer_id,
    held.email_masked,
    held.phone_masked,
    golden_records.full_name,
    golden_records.full_name_source,
    golden_records.country,
    golden_records.country_source,
    golden_records.language,
    golden_records.language_source,
    golden_records.company,
    golden_records.company_source,
    golden_records.job_title,
    golden_records.job_title_source,
    golden_records.consent_email,
    golden_records.consent_email_source,
    seen.first_seen_at,
    seen.last_seen_at,
    lasting.stage as current_stage,
    coalesce(seen.event_count, 0) as event_count,
    held.identifier_count,
    coalesce(seen.channel_count, 0) as channel_count,
    coalesce(travelled.journey_count, 0) as journey_count,
    coalesce(travelled.completed_journey_count, 0) as completed_journey_count,
    coalesce(travelled.ended_journey_count, 0) as ended_journey_count,
    coalesce(travelled.open_journey_count, 0) as open_journey_count,
    coalesce(seen.value_cents, 0) as value_cents,
    customer_confidence.identity_confidence
from held
-- A customer known from identifiers alone may have no name, event, journey or stage.
left join golden_records on held.customer_id = golden_records.customer_id
left join seen on held.customer_id = seen.customer_id
left join lasting on held.customer_id = lasting.customer_id and lasting.recency = 1
left join travelled on held.customer_id = travelled.customer_id
left join customer_confidence on held.customer_id = customer_confidence.customer_id
