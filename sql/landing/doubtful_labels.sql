-- doubtful_labels: labels of several words with a number, or a web address, among them,
-- or with a mail address.
-- Grain: one row per label.
-- Reads: staged_events.
select distinct label as raw
from staged_events
where
    contains(label, '@')
    or (
        contains(label, ' ')
        -- Six digits or more: every telephone number, card and account has them.
        and regexp_matches(
            label, '[0-9]([ ().\x{2013}-]{0,3}[0-9]){5}|://|[A-Z]{6}[0-9]'
        )
    )
