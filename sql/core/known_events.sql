-- known_events: every landed event once, in the version of it that was received first,
-- stages under their labels. That a stage is called something happened to nobody.
-- Grain: one row per event_id.
-- Reads: chosen_versions, landed_events, landed_revisions, machine_events,
-- stage_labels.
-- Kept as a view: it is as wide as the lake and its readers need few of its columns.
with
    versions as (
        select *
        from landed_events
        union all
        select *
        from landed_revisions
    )

select
    versions.event_id,
    versions.event_key,
    versions.content_hash,
    versions.source,
    versions.channel,
    versions.kind,
    versions.kind_raw,
    coalesce(stage_labels.label, versions.label) as label,
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
    versions.is_machine or machine_events.event_id is not null as is_machine,
    coalesce(versions.machine_reason, machine_events.machine_reason) as machine_reason,
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
-- Most events have one version and no row there.
left join chosen_versions on versions.event_id = chosen_versions.event_id
-- Here and not at landing, or the label would depend on which file arrived first.
left join
    stage_labels
    on versions.source = stage_labels.source
    and versions.kind = stage_labels.object_kind || '_changed'
    and versions.label = stage_labels.object_id
-- Most machines are known by their agent, at landing.
left join machine_events on versions.event_id = machine_events.event_id
where
    versions.kind not in ('stage_labelled', 'assets_requested')
    and (
        chosen_versions.event_id is null
        or (
            versions.file_id = chosen_versions.file_id
            and versions.record_number = chosen_versions.record_number
        )
    )
