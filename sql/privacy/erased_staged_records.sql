-- erased_staged_records: the batch's records with an event of somebody erased, as they
-- are counted.
-- Grain: one row per file_id, record_number.
-- Reads: hashed_events, erased_ordinals.
select distinct hashed.file_id, hashed.record_number, 'erased person' as rule
from hashed_events as hashed
semi join
    erased_ordinals as erased
    on hashed.file_id = erased.file_id
    and hashed.event_ordinal = erased.event_ordinal
