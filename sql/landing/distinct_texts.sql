-- distinct_texts: the texts of the batch, in groups that can be held: of 2,000, or of
-- fewer that are long.
-- Grain: one row per text.
-- Reads: staged_events.
with
    texts as (
        select distinct staged.text as raw_text
        from staged_events as staged
        where staged.text is not null
    ),

    placed as (
        select
            texts.raw_text,
            row_number() over (order by texts.raw_text) as place,
            cast(
                sum(strlen(texts.raw_text)) over (
                    order by texts.raw_text
                    rows between unbounded preceding and current row
                ) as bigint
            ) as byte_count
        from texts
    )

select
    placed.raw_text,
    -- Grows after 2,000 texts, and after 16 MiB of them.
    placed.place
    - placed.place % 2000
    + placed.byte_count
    - placed.byte_count % 16777216 as turn
from placed
