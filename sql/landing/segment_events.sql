-- segment_events: the calls that are certainly events.
-- Grain: one row per call.
-- Reads: segment_lines, segment_strays, segment_contents, segment_agents,
-- segment_devices,
-- feed_limits.
with
    timed as (
        select
            line.*,
            feed_limits.file_id,
            feed_limits.source,
            feed_limits.channel,
            feed_limits.earliest_us,
            feed_limits.latest_us,
            feed_limits.offset_us + epoch_us(
                try_cast(replace(line.occurred, '"', '') as timestamp)
            ) as occurred_us,
            feed_limits.offset_us + epoch_us(
                try_cast(replace(line.received, '"', '') as timestamp)
            ) as received_us
        from segment_lines as line
        cross join feed_limits
        where
            line.is_plain
            and regexp_full_match(
                line.occurred, '"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"'
            )
            and (
                line.received is null
                or regexp_full_match(
                    line.received, '"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"'
                )
            )
            and (
                line.message_id is null
                or regexp_full_match(line.message_id, '"[^\\]*"')
            )
            -- Ids that are their own normal form.
            and (
                line.user_id is null
                or regexp_full_match(
                    line.user_id, '"[\w@:|.-]*[A-Za-z_@:|-][\w@:|.-]*"|"\d+"|\d{1,15}'
                )
            )
            and (
                line.anonymous_id is null
                or regexp_full_match(
                    line.anonymous_id,
                    '"[\w@:|.-]*[A-Za-z_@:|-][\w@:|.-]*"|"\d+"|\d{1,15}'
                )
            )
            -- No number that has lost its digits in a spreadsheet.
            and not regexp_matches(
                concat(line.user_id, line.anonymous_id), '"\d\.\d+[eE]\d+"'
            )
    )

select
    timed.file_id,
    timed.number as record_number,
    -- Before all ordinals of the reader, which count from 1.
    timed.number - 1099511627776 as event_ordinal,
    nullif(replace(timed.message_id, '"', ''), '') as own_id,
    timed.source,
    timed.channel,
    content.kind,
    content.kind_raw,
    content.label,
    make_timestamp(timed.occurred_us) as occurred_at,
    if(strlen(timed.occurred) > 22, 'millisecond', 'second') as time_precision,
    'explicit' as time_basis,
    make_timestamp(timed.received_us) as received_at,
    0 as source_sequence,
    'customer' as actor,
    'inbound' as direction,
    agent.machine_reason,
    coalesce(agent.device_kind, device.device_kind) as device_kind,
    content.object_kind,
    content.object_id,
    content.amount_cents,
    content.currency,
    content.properties
from timed
inner join segment_contents as content on timed.content = content.content
-- Most calls of an app's server name no agent and no device.
left join segment_agents as agent on timed.user_agent = agent.user_agent
left join segment_devices as device on timed.device = device.device
left join segment_strays as stray on timed.number = stray.number
where
    (timed.is_whole or stray.number is not null)
    and (timed.user_agent is null or agent.user_agent is not null)
    and (timed.device is null or device.device is not null)
    and timed.occurred_us between timed.earliest_us and timed.latest_us
    and (
        timed.received is null
        or timed.received_us between timed.earliest_us and timed.latest_us
    )
