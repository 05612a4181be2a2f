-- segment_identifiers: the handles of the calls that are certainly events.
-- Grain: one row per call and namespace.
-- Reads: segment_lines, segment_sure, segment_contents, segment_devices,
-- segment_namespaces.
with
    contacts as (
        select line.number, content.email, content.phone
        from segment_lines as line
        inner join
            (
                select content, email, phone
                from segment_contents
                where email is not null or phone is not null
            ) as content using (content)
    ),

    handles as (
        select
            number,
            'user_id' as given,
            replace(user_id, '"', '') as value,
            true as is_authenticated
        from segment_lines
        where user_id is not null
        union all
        select number, 'anonymous_id', replace(anonymous_id, '"', ''), false
        from segment_lines
        where anonymous_id is not null
        union all
        select number, 'email', email, false
        from contacts
        where email is not null
        union all
        select number, 'phone', phone, false
        from contacts
        where phone is not null
        union all
        select line.number, 'device_id', device.device_id, false
        from segment_lines as line
        inner join segment_devices as device using (device)
        where device.device_id is not null
    )

select
    namespaces.file_id,
    handles.number - 1099511627776 as event_ordinal,
    namespaces.namespace,
    handles.value,
    'actor' as role,
    handles.is_authenticated,
    false as is_merge
from handles
inner join segment_namespaces as namespaces using (given)
semi join segment_sure as sure on handles.number = sure.number
