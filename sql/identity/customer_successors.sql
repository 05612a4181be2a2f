-- customer_successors: which customer of today each former one has become, and which
-- former one each of today's goes on from: one of them, as ids are kept.
-- Grain: one row per former_id, current_id.
-- Reads: member_moves.
select
    former_id,
    current_id,
    -- The id stays with the strongest identifier, so who has that one is the successor.
    row_number() over (
        partition by former_id
        order by
            former_id = current_id desc, priority, identifier_count desc, current_id
    )
    = 1 as is_successor,
    row_number() over (
        partition by current_id
        order by former_id = current_id desc, priority, identifier_count desc, former_id
    )
    = 1 as is_predecessor
from member_moves
