-- current_owners: whose each event is by today's knowledge.
-- Grain: one row per event_id.
-- Reads: ordered_events.
select event_id, customer_id, occurred_at from ordered_events
