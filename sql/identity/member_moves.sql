-- member_moves: where the identifiers of each former customer are now.
-- Grain: one row per former_id, current_id.
-- Reads: current_members, identifiers.
select
    identifiers.customer_id as former_id,
    current_members.customer_id as current_id,
    count(*) as identifier_count,
    min(identifiers.priority) as priority
from identifiers
join current_members on identifiers.identifier = current_members.identifier
where identifiers.customer_id is not null
group by identifiers.customer_id, current_members.customer_id
