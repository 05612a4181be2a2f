-- journey_map: each stage of the way: who came, who left, how long, what they felt.
-- Grain: one row per stage.
-- Reads: drop_offs, notes, ordered_events, stage_owners, stage_visits, stages,
-- touchpoints, voice_summaries, voices.
with
    met as (
        select
            ordered_events.stage,
            count(*) as event_count,
            count(distinct ordered_events.customer_id) as customer_count,
            count(distinct ordered_events.channel) as channel_count,
            cast(
                sum(
                    case when touchpoints.visibility = 'onstage' then 1 else 0 end
                ) as bigint
            ) as onstage_event_count,
            cast(
                sum(
                    case when touchpoints.visibility = 'offstage' then 1 else 0 end
                ) as bigint
            ) as offstage_event_count
        from ordered_events
        join touchpoints on ordered_events.touchpoint = touchpoints.touchpoint
        where ordered_events.stage is not null
        group by ordered_events.stage
    ),

    everyone as (
        select
            count(distinct customer_id) as customer_count,
            count(distinct channel) as channel_count
        from ordered_events
        where stage is not null
    ),

    stayed as (
        select
            stage,
            percentile_cont(0.5) within group (
                order by epoch_us(left_at) - epoch_us(entered_at)
            ) as stay_us_p50
        from stage_visits
        where left_at is not null
        group by stage
    ),

    heard as (
        select
            stage,
            count(*) as message_count,
            cast(sum(case when is_reply then 1 else 0 end) as bigint) as reply_count
        from voices
        where measure = 'sentiment'
        group by stage
    )

select
    stages.position,
    stages.stage,
    coalesce(written.note, stages.goal) as goal,
    coalesce(met.customer_count, 0) as customer_count,
    cast(coalesce(met.customer_count, 0) as double)
    / nullif(everyone.customer_count, 0) as reach_share,
    drop_offs.settled_count as left_base_count,
    drop_offs.settled_ended_count as left_count,
    drop_offs.drop_off_share as left_share,
    drop_offs.share_low as left_low,
    drop_offs.share_high as left_high,
    stayed.stay_us_p50 / 86400000000e0 as median_days,
    coalesce(met.event_count, 0) as event_count,
    coalesce(met.onstage_event_count, 0) as onstage_event_count,
    coalesce(met.offstage_event_count, 0) as offstage_event_count,
    coalesce(heard.message_count, 0) as message_count,
    -- Of the touchpoints of the stage and the messages between them.
    cast(coalesce(heard.message_count, 0) as double)
    / nullif(met.event_count + coalesce(heard.reply_count, 0), 0) as sentiment_share,
    said.sentiment_mean,
    said.sentiment_low,
    said.sentiment_high,
    coalesce(said.nps_count, 0) as nps_count,
    said.nps,
    said.nps_low,
    said.nps_high,
    coalesce(said.nps_status, '0 of 30 needed') as nps_status,
    coalesce(said.csat_count, 0) as csat_count,
    said.csat,
    said.csat_low,
    said.csat_high,
    coalesce(said.csat_status, '0 of 30 needed') as csat_status,
    coalesce(said.ces_count, 0) as ces_count,
    said.ces,
    said.ces_low,
    said.ces_high,
    coalesce(said.ces_status, '0 of 30 needed') as ces_status,
    coalesce(met.channel_count, 0) as channel_count,
    everyone.channel_count as channel_total,
    owned.owners
from stages
cross join everyone
join drop_offs on stages.stage = drop_offs.name and drop_offs.grain = 'stage'
-- A stage that nobody reached keeps its column, with zeros and nothing said.
left join met on stages.stage = met.stage
left join stayed on stages.stage = stayed.stage
left join heard on stages.stage = heard.stage
left join voice_summaries as said on stages.stage = said.name and said.grain = 'stage'
left join
    (
        select stage, string_agg(owner, ', ' order by place) as owners
        from stage_owners
        group by stage
    ) as owned
    on stages.stage = owned.stage
-- What people wrote last about a stage's goal stands before the catalogue's.
left join
    (
        select
            about,
            note,
            row_number() over (
                partition by about order by written_on desc nulls last, note
            ) as place
        from notes
        where kind = 'goal'
    ) as written
    on stages.stage = written.about
    and written.place = 1
order by stages.position
