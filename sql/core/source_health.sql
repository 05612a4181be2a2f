-- source_health: can each source be relied on, and if not, why.
-- Grain: one row per source.
-- Reads: landed_files, parameters, source_dates, sources.
with
    filed as (
        select
            source,
            count(*) as file_count,
            cast(sum(record_count) as bigint) as record_count,
            cast(sum(landed_count) as bigint) as landed_count,
            cast(sum(duplicate_count) as bigint) as duplicate_count,
            cast(sum(revised_count) as bigint) as revised_count,
            cast(sum(quarantined_count) as bigint) as refused_count,
            cast(sum(ignored_count) as bigint) as ignored_count,
            max(landed_at) as last_landed_at
        from landed_files
        group by source
    ),

    spoken as (
        select
            source,
            cast(sum(event_count) as bigint) as event_count,
            cast(sum(machine_event_count) as bigint) as machine_event_count,
            cast(sum(unlinked_event_count) as bigint) as unlinked_event_count,
            max(newest_at) as newest_at,
            max(epoch_us(newest_at)) as newest_us
        from source_dates
        group by source
    ),

    measured as (
        select
            sources.source,
            sources.format,
            sources.channel,
            coalesce(filed.file_count, 0) as file_count,
            coalesce(filed.record_count, 0) as record_count,
            coalesce(filed.landed_count, 0) as landed_count,
            coalesce(filed.duplicate_count, 0) as duplicate_count,
            coalesce(filed.revised_count, 0) as revised_count,
            coalesce(filed.refused_count, 0) as refused_count,
            coalesce(filed.ignored_count, 0) as ignored_count,
            coalesce(spoken.event_count, 0) as event_count,
            coalesce(spoken.machine_event_count, 0) as machine_event_count,
            coalesce(spoken.unlinked_event_count, 0) as unlinked_event_count,
            filed.last_landed_at,
            spoken.newest_at,
            -- A stamp after as_of is not older than nothing.
            greatest(parameters.as_of_us - spoken.newest_us, 0) as age_us,
            sources.max_age_us
        from sources
        cross join parameters
        -- A configured source that has sent nothing yet still has its row.
        left join filed on sources.source = filed.source
        left join spoken on sources.source = spoken.source
    ),

    -- The first word that fits is the state; every limit here is our choice.
    judged as (
        select
            *,
            case
                when file_count = 0
                then 'failed: no file has landed'
                when
                    record_count
                    <> landed_count + duplicate_count + refused_count + ignored_count
                then 'failed: records do not add up'
                when record_count > 0 and landed_count + duplicate_count = 0
                then 'failed: no record could be used'
                when refused_count * 2 > record_count
                then
                    'failed: '
                    || cast(refused_count as varchar)
                    || ' of '
                    || cast(record_count as varchar)
                    || ' records refused'
                when age_us > max_age_us
                then
                    'check: newest record is ' || case
                        -- Whole days from two days on: hours say too little there.
                        when age_us >= 172800000000
                        then
                            cast(
                                cast(
                                    floor(
                                        cast(age_us as double) / 86400000000e0
                                    ) as bigint
                                ) as varchar
                            )
                            || ' days'
                        else
                            cast(
                                cast(
                                    floor(
                                        cast(age_us as double) / 3600000000e0
                                    ) as bigint
                                ) as varchar
                            )
                            || ' h'
                    end
                    || ' old, limit '
                    || cast(
                        cast(
                            floor(cast(max_age_us as double) / 3600000000e0) as bigint
                        ) as varchar
                    )
                    || ' h'
                when refused_count * 50 > record_count
                then
                    'check: '
                    || cast(refused_count as varchar)
                    || ' of '
                    || cast(record_count as varchar)
                    || ' records refused'
                when unlinked_event_count * 2 > event_count - machine_event_count
                then
                    'check: '
                    || cast(unlinked_event_count as varchar)
                    || ' of '
                    || cast(event_count - machine_event_count as varchar)
                    || ' events without a customer'
                else 'good'
            end as verdict
        from measured
    )

select
    source,
    format,
    channel,
    split_part(verdict, ': ', 1) as state,
    nullif(split_part(verdict, ': ', 2), '') as reason,
    file_count,
    record_count,
    landed_count,
    duplicate_count,
    revised_count,
    refused_count,
    ignored_count,
    event_count,
    machine_event_count,
    unlinked_event_count,
    cast(refused_count as double) / nullif(record_count, 0) as refused_share,
    last_landed_at,
    newest_at,
    cast(age_us as double) / 3600000000e0 as age_hours,
    cast(max_age_us as double) / 3600000000e0 as max_age_hours
from judged
order by source
