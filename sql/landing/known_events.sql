-- known_events: landed events of this source that the batch names again.
-- Grain: one row per event_id, content_hash.
-- Reads: lake_events, hashed_events.
select distinct lake.event_id, lake.content_hash
from lake_events as lake
semi join hashed_events as hashed on lake.event_id = hashed.event_id
