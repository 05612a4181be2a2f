-- naming_text: whether a text names the person.
-- Grain: one row.
-- Reads: nothing.
select regexp_matches($text, getvariable('named_in_bytes'), 'i') as is_named
