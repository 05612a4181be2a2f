-- A share of contacts that leaves some out is of nothing a reader could name.
select contact_starts.grain, contact_starts.name, contact_starts.contact_count
from contact_starts
where
    contact_starts.contact_count
    <> contact_starts.customer_started_count + contact_starts.company_started_count
    or exists (select 1 from contacts where begun_by is null)
