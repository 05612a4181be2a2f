-- hashed_events: staged events with their id, their content hash and nothing personal
-- in free text.
-- Grain: one row per staged event.
-- Reads: staged_events, staged_labels, staged_messages, staged_properties.
with
    hashed as (
        select
            staged.*,
            md5(
                concat_ws(
                    chr(31),
                    staged.channel,
                    staged.kind,
                    staged.kind_raw,
                    staged.label,
                    staged.actor,
                    staged.direction,
                    staged.object_kind,
                    staged.object_id,
                    staged.text,
                    staged.amount_cents::varchar,
                    staged.currency,
                    staged.score_kind,
                    staged.score::varchar,
                    staged.link,
                    staged.properties,
                    staged.time_precision,
                    epoch_us(staged.occurred_at)::varchar,
                    epoch_us(staged.received_at)::varchar,
                    staged.source_sequence::varchar,
                    staged.handles
                )
            ) as said_hash
        from staged_events as staged
    ),

    digested as (
        select
            hashed.*,
            -- A name that is told differently makes another version, but no other
            -- event.
            case
                when hashed.told is null
                then hashed.said_hash
                else md5(hashed.said_hash || hashed.told)
            end as content_hash,
            -- UUIDv5 of RFC 9562: SHA-1 over the name space
            -- 2f6f54e0-6d3a-5a53-9a65-77656e64000a
            -- and the name, with the version and variant bits set below.
            sha1(
                unhex('2f6f54e06d3a5a539a6577656e64000a') || encode(
                    hashed.source
                    || '|'
                    || coalesce('id|' || hashed.own_id, 'content|' || hashed.said_hash)
                )
            ) as digest
        from hashed
    )

select
    substr(digested.digest, 1, 8)
    || '-'
    || substr(digested.digest, 9, 4)
    || '-5'
    || substr(digested.digest, 14, 3)
    || '-'
    || substr('89ab', (('0x' || substr(digested.digest, 17, 1))::integer & 3) + 1, 1)
    || substr(digested.digest, 18, 3)
    || '-'
    || substr(digested.digest, 21, 12) as event_id,
    digested.content_hash,
    digested.source,
    digested.channel,
    digested.kind,
    digested.kind_raw,
    coalesce(labels.kept, digested.label) as label,
    digested.occurred_at,
    digested.time_precision,
    digested.time_basis,
    digested.received_at,
    coalesce(
        digested.received_at,
        case
            when landing.is_backfill then digested.occurred_at else landing.landed_at
        end
    ) as known_at,
    digested.file_id,
    digested.record_number,
    digested.source_sequence,
    digested.actor,
    digested.direction,
    digested.machine_reason is not null as is_machine,
    digested.machine_reason,
    digested.device_kind,
    digested.object_kind,
    digested.object_id,
    messages.clean_text as text,
    messages.sentiment,
    coalesce(messages.sentiment_basis, 'none') as sentiment_basis,
    digested.amount_cents,
    digested.currency,
    digested.score_kind,
    digested.score,
    -- Query strings carry addresses and tokens, and a login stands before the host; the
    -- page itself is in the path.
    case
        when contains(digested.link, '@') or contains(digested.link, '%40')
        then
            regexp_replace(
                regexp_replace(
                    regexp_replace(digested.link, '[?#].*$', '', 'g'),
                    '(://)[^/]*@',
                    '\1',
                    'g'
                ),
                '[A-Za-z0-9._%+-]+(@|%40)[A-Za-z0-9.-]+',
                '[email]',
                'g'
            )
        else regexp_replace(digested.link, '[?#].*$', '', 'g')
    end as link,
    coalesce(said.kept, digested.properties) as properties,
    digested.event_ordinal,
    digested.handle_count
from digested
cross join landing
left join staged_messages as messages on digested.text = messages.raw_text
-- Few labels and properties say anything in doubt.
left join staged_labels as labels on digested.label = labels.raw
left join staged_properties as said on digested.properties = said.raw
