-- segment_lines: the parts of each tracker call as JSON, and whether they are all of
-- it.
-- Grain: one row per text line.
-- Reads: raw_lines.
with
    extracted as (
        select
            number,
            strlen(line)
            - ends_with(line, chr(10))::bigint
            - ends_with(line, chr(13) || chr(10))::bigint as byte_count,
            if(
                json_valid(line),
                json_extract(
                    line,
                    [
                        '$.type',
                        '$.event',
                        '$.name',
                        '$.messageId',
                        '$.timestamp',
                        '$.originalTimestamp',
                        '$.sentAt',
                        '$.receivedAt',
                        '$.userId',
                        '$.anonymousId',
                        '$.groupId',
                        '$.properties',
                        '$.traits',
                        '$.context',
                        '$.context.userAgent',
                        '$.context.device',
                        '$.context.traits',
                        '$.context.campaign'
                    ]
                ),
                null
            ) as part
        from raw_lines
    ),

    named as (
        select
            number,
            byte_count,
            part[1]::varchar as type,
            part[2]::varchar as event,
            part[3]::varchar as name,
            part[4]::varchar as message_id,
            part[5]::varchar as occurred,
            part[6]::varchar as original,
            part[7]::varchar as sent,
            part[8]::varchar as received,
            part[9]::varchar as user_id,
            part[10]::varchar as anonymous_id,
            part[11]::varchar as group_id,
            part[12]::varchar as properties,
            part[13]::varchar as traits,
            part[14]::varchar as context,
            part[15]::varchar as user_agent,
            part[16]::varchar as device,
            part[17]::varchar as known_traits,
            part[18]::varchar as campaign
        from extracted
    )

select
    number,
    nullif(message_id, 'null') as message_id,
    occurred,
    nullif(received, 'null') as received,
    nullif(user_id, 'null') as user_id,
    nullif(anonymous_id, 'null') as anonymous_id,
    -- No JSON text holds this separator.
    concat_ws(
        chr(31),
        coalesce(type, ''),
        coalesce(event, ''),
        coalesce(name, ''),
        coalesce(group_id, ''),
        coalesce(properties, ''),
        coalesce(traits, ''),
        coalesce(known_traits, ''),
        coalesce(campaign, '')
    ) as content,
    user_agent,
    device,
    -- Each key costs its name, two quotes, a colon and a comma. What was taken out
    -- adds up
    -- to the line: no other key, none twice, no white space.
    byte_count
    = 1
    + coalesce(strlen(type) + 8, 0)
    + coalesce(strlen(event) + 9, 0)
    + coalesce(strlen(name) + 8, 0)
    + coalesce(strlen(message_id) + 13, 0)
    + coalesce(strlen(occurred) + 13, 0)
    + coalesce(strlen(original) + 21, 0)
    + coalesce(strlen(sent) + 10, 0)
    + coalesce(strlen(received) + 14, 0)
    + coalesce(strlen(user_id) + 10, 0)
    + coalesce(strlen(anonymous_id) + 15, 0)
    + coalesce(strlen(group_id) + 11, 0)
    + coalesce(strlen(properties) + 14, 0)
    + coalesce(strlen(traits) + 10, 0)
    + coalesce(strlen(context) + 11, 0) as is_whole,
    -- What nobody looks at must still be JSON to the reader, who is stricter: no NaN,
    -- no
    -- number beyond a double, no depth beyond 1024; and a page is an object.
    (original is null or starts_with(original, '"'))
    and (sent is null or starts_with(sent, '"'))
    and (
        context is null
        or (
            starts_with(context, '{')
            and strlen(context) < 2048
            and not regexp_matches(
                context,
                '(?i)[:[,]-?(nan|inf|[0-9.]*e[+-]?[0-9]{3}|[0-9.]{300})|"page":[^{n]'
            )
            -- What is used of it stands in it once.
            and if(
                user_agent is null,
                true,
                strlen(replace(context, '"userAgent"', '')) = strlen(context) - 11
            )
            and if(
                device is null,
                true,
                strlen(replace(context, '"device"', '')) = strlen(context) - 8
            )
            and if(
                known_traits is null,
                true,
                strlen(replace(context, '"traits"', '')) = strlen(context) - 8
            )
            and if(
                campaign is null,
                true,
                strlen(replace(context, '"campaign"', '')) = strlen(context) - 10
            )
        )
    ) as is_plain
from named
