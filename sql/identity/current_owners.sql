-- current_owners: whose each event is by today's knowledge.
-- Grain: one row per event_key.
-- Reads: ordered_events.
select event_key, customer_id, occurred_at from ordered_events
