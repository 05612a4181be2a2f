-- What happened on a shared device while nobody can be said to have been there is no
-- customer's, and its stand-in customer is nobody.
select ambiguous_events.event_id
from ambiguous_events
left join ordered_events on ambiguous_events.event_id = ordered_events.event_id
left join customers on ambiguous_events.customer_id = customers.customer_id
where
    ordered_events.event_id is not null
    or customers.customer_id is not null
    or ambiguous_events.customer_id is null
