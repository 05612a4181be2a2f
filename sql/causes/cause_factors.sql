-- cause_factors: what was known of each visit on entry, one thing at a time.
-- Grain: one row per grain, customer_id, position, factor, value; met touchpoints are
-- values of one factor, of which a visit may have several.
-- Reads: attribute_values, cause_visits, persona_spans, touchpoint_visits.
with
    -- Once per journey and touchpoint, however often it was met.
    met as (
        select customer_id, journey_number, touchpoint, min(position) as position
        from touchpoint_visits
        where
            (customer_id, journey_number)
            in (select (customer_id, journey_number) from cause_visits)
        group by customer_id, journey_number, touchpoint
    )

select
    grain,
    name,
    customer_id,
    day_on,
    reached,
    is_lost,
    'device_kind' as factor,
    device_kind as value
from cause_visits
where device_kind is not null
union all
select
    grain,
    name,
    customer_id,
    day_on,
    reached,
    is_lost,
    'channel' as factor,
    channel as value
from cause_visits
union all
select
    grain,
    name,
    customer_id,
    day_on,
    reached,
    is_lost,
    'channel and device_kind' as factor,
    channel || ', ' || device_kind as value
from cause_visits
where device_kind is not null
union all
select
    grain,
    name,
    customer_id,
    day_on,
    reached,
    is_lost,
    'previous ' || grain as factor,
    previous_name as value
from cause_visits
union all
select
    cause_visits.grain,
    cause_visits.name,
    cause_visits.customer_id,
    cause_visits.day_on,
    cause_visits.reached,
    cause_visits.is_lost,
    'met before' as factor,
    met.touchpoint as value
from cause_visits
join
    met
    on cause_visits.customer_id = met.customer_id
    and cause_visits.journey_number = met.journey_number
    and met.position < cause_visits.position
-- Who comes back to where they are has been there: that says nothing of another place.
where met.touchpoint <> cause_visits.name
union all
-- Only what they had shown to be by then, before the visit that may end it.
select
    cause_visits.grain,
    cause_visits.name,
    cause_visits.customer_id,
    cause_visits.day_on,
    cause_visits.reached,
    cause_visits.is_lost,
    'persona' as factor,
    cast(persona_spans.persona as varchar) as value
from cause_visits
join
    persona_spans
    on cause_visits.customer_id = persona_spans.customer_id
    and cause_visits.position > persona_spans.from_position
    and cause_visits.position
    <= coalesce(persona_spans.until_position, cause_visits.position)
union all
-- Only what had been said by then: what customers tell on their way on is no cause.
select
    cause_visits.grain,
    cause_visits.name,
    cause_visits.customer_id,
    cause_visits.day_on,
    cause_visits.reached,
    cause_visits.is_lost,
    'attribute ' || attribute_values.attribute as factor,
    attribute_values.value
from cause_visits
join
    attribute_values
    on cause_visits.customer_id = attribute_values.customer_id
    and attribute_values.place = 1
    and attribute_values.first_seen_at <= cause_visits.occurred_at
where
    attribute_values.attribute
    in ('country', 'region', 'city', 'language', 'gender', 'job_title')
    or attribute_values.attribute like 'consent!_%' escape '!'
