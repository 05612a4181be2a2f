-- plain_digests: the content hash of plain events, and the digest that names them, as
-- hashed_events has them.
-- Grain: one row per row of plain_contents, in its order.
-- Reads: plain_contents.
with hashed as (select own_id, md5(said) as content_hash from plain_contents)

select
    content_hash,
    -- The name space 2f6f54e0-6d3a-5a53-9a65-77656e64000a.
    sha1(
        unhex('2f6f54e06d3a5a539a6577656e64000a')
        || encode($source || '|')
        || encode(coalesce('id|' || own_id, 'content|' || content_hash))
    ) as digest
from hashed
