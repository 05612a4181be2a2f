-- activity_stream: every event in the columns of Activity Schema 2.0.
-- Grain: one row per activity_id.
-- Reads: events.
select
    event_id as activity_id,
    occurred_at as ts,
    customer_id as customer,
    kind as activity,
    -- Stitching has given every event its customer; who stayed unknown is one, too.
    cast(null as varchar) as anonymous_customer_id,
    properties as feature_json,
    cast(amount_cents as double) / 100e0 as revenue_impact,
    link,
    row_number() over (
        partition by customer_id, kind order by position
    ) as activity_occurrence,
    lead(occurred_at) over (
        partition by customer_id, kind order by position
    ) as activity_repeated_at
from events
