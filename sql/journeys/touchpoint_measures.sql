-- touchpoint_measures: who met each touchpoint, what they said and how long they
-- waited.
-- Grain: one row per touchpoint.
-- Reads: event_kinds, journey_places, kind_touchpoints, touchpoint_visits, touchpoints,
-- voice_summaries.
with
    paced as (
        select
            journey_places.customer_rank,
            journey_places.touchpoint_number,
            journey_places.occurred_at,
            lead(epoch_us(journey_places.occurred_at)) over (
                partition by
                    journey_places.customer_rank, journey_places.touchpoint_number
                order by journey_places.position
            )
            - epoch_us(journey_places.occurred_at) as again_us
        from journey_places
    ),

    counted as (
        select
            touchpoint_number,
            count(*) as event_count,
            count(distinct customer_rank) as customer_count,
            min(occurred_at) as first_met_at,
            max(occurred_at) as last_met_at,
            -- Met again within seven days.
            count(
                distinct case when again_us <= 604800000000 then customer_rank end
            ) as repeat_customer_count
        from paced
        group by touchpoint_number
    ),

    met as (
        select event_kinds.touchpoint, counted.*
        from counted
        join event_kinds on counted.touchpoint_number = event_kinds.kind_number
    ),

    reached as (
        select
            event_kinds.stage,
            count(distinct journey_places.customer_rank) as customer_count
        from journey_places
        join event_kinds on journey_places.kind_number = event_kinds.kind_number
        where event_kinds.stage is not null
        group by event_kinds.stage
    ),

    waited as (
        select
            touchpoint,
            percentile_cont(0.5) within group (order by wait_us) as wait_us_p50,
            percentile_cont(0.9) within group (order by wait_us) as wait_us_p90
        from touchpoint_visits
        group by touchpoint
    )

select
    touchpoints.touchpoint,
    touchpoints.stage,
    touchpoints.position,
    coalesce(met.event_count, 0) as event_count,
    coalesce(met.customer_count, 0) as customer_count,
    met.first_met_at,
    met.last_met_at,
    cast(coalesce(met.customer_count, 0) as double)
    / nullif(reached.customer_count, 0) as share_of_stage,
    cast(met.repeat_customer_count as double)
    / nullif(met.customer_count, 0) as repeat_share,
    waited.wait_us_p50 / 3600000000e0 as wait_hours_p50,
    waited.wait_us_p90 / 3600000000e0 as wait_hours_p90,
    coalesce(said.message_count, 0) as message_count,
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
    labelled.label as top_label,
    cast(labelled.event_count as double) / labelled.total as top_label_share
from touchpoints
-- A touchpoint that nobody met keeps its row, with zeros and nothing said.
left join met on touchpoints.touchpoint = met.touchpoint
left join reached on touchpoints.stage = reached.stage
left join waited on touchpoints.touchpoint = waited.touchpoint
left join
    voice_summaries as said
    on touchpoints.touchpoint = said.name
    and said.grain = 'touchpoint'
left join
    (
        select
            touchpoint,
            label,
            event_count,
            cast(sum(event_count) over (partition by touchpoint) as bigint) as total,
            row_number() over (
                partition by touchpoint
                order by event_count desc, label asc nulls last, channel, kind
            ) as place
        from kind_touchpoints
        where touchpoint is not null
    ) as labelled
    on touchpoints.touchpoint = labelled.touchpoint
    and labelled.place = 1
order by touchpoints.position
