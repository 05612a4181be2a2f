-- doubtful_properties: properties with a text of several words that holds a number or
-- a web address, with a telephone number, a mail address, or a web address and a
-- query.
-- Grain: one row per JSON text.
-- Reads: staged_events.
select distinct properties as raw
from staged_events
where
    contains(properties, '@')
    or (
        contains(properties, ' ')
        -- Six digits or more: every telephone number, card and account has them.
        and regexp_matches(
            properties, '[0-9]([ ().\x{2013}-]{0,3}[0-9]){5}|://|[A-Z]{6}[0-9]'
        )
    )
    or contains(properties, '"+')
    or (contains(properties, '://') and contains(properties, '?'))
