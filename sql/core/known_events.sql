-- known_events: every landed event once, in the version of it that was received first.
-- Grain: one row per event_id.
-- Reads: landed_events, landed_revisions.
-- Kept as a view: it is as wide as the lake and its readers need few of its columns.
with
    versions as (
        select *
        from landed_events
        union all
        select *
        from landed_revisions
    ),

    revised as (select event_id from landed_revisions group by event_id),

    -- Chosen by what the versions say, so the order of their arrival changes nothing.
    compared as (
        select
            versions.event_id,
            versions.file_id,
            versions.record_number,
            row_number() over (
                partition by versions.event_id
                order by
                    versions.received_at asc nulls last,
                    versions.content_hash,
                    versions.file_id,
                    versions.record_number
            ) as version_number
        from versions
        join revised on versions.event_id = revised.event_id
    ),

    chosen as (
        select event_id, file_id, record_number from compared where version_number = 1
    )

select
    versions.event_id,
    versions.content_hash,
    versions.source,
    versions.channel,
    versions.kind,
    versions.kind_raw,
    versions.label,
    versions.occurred_at,
    versions.time_precision,
    versions.time_basis,
    versions.received_at,
    versions.known_at,
    versions.file_id,
    versions.record_number,
    versions.source_sequence,
    versions.actor,
    versions.direction,
    versions.is_machine,
    versions.machine_reason,
    versions.device_kind,
    versions.object_kind,
    versions.object_id,
    versions.text,
    versions.sentiment,
    versions.sentiment_basis,
    versions.amount_cents,
    versions.currency,
    versions.score_kind,
    versions.score,
    versions.link,
    versions.properties
from versions
-- Most events have one version and no row in chosen.
left join chosen on versions.event_id = chosen.event_id
where
    chosen.event_id is null
    or (
        versions.file_id = chosen.file_id
        and versions.record_number = chosen.record_number
    )
