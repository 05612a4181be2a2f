-- What came to no customer is what is left of all events: less than nothing, and some
-- would have been counted twice.
select attribution, event_count from event_attributions where event_count < 0
