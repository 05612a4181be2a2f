-- distinct_texts: the texts of the batch, numbered so that they can be taken in turn.
-- Grain: one row per text.
-- Reads: staged_events.
select texts.text as raw_text, row_number() over (order by texts.text) as text_number
from (select distinct text from staged_events where text is not null) as texts
