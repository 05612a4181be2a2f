-- pain_evidence: which customer had which trouble in which stage, from what they did
-- and said.
-- Grain: one row per stage, touchpoint, pain, customer_id.
-- Reads: felt_voices, ordered_events, touchpoint_visits, touchpoints.
with
    -- A page opened again is a habit; a chat, call, mail or visit had again is not.
    contacted as (
        select
            ordered_events.customer_id,
            ordered_events.stage,
            ordered_events.touchpoint,
            lead(ordered_events.occurred_us) over (
                partition by ordered_events.customer_id, ordered_events.touchpoint
                order by ordered_events.position
            )
            - ordered_events.occurred_us as again_us
        from ordered_events
        where
            ordered_events.stage is not null
            and ordered_events.channel <> 'web'
            and ordered_events.outcome is null
            and not ordered_events.is_value
    ),

    troubled as (
        select
            touchpoint_visits.stage,
            touchpoint_visits.touchpoint,
            'left after it' as pain,
            touchpoint_visits.customer_id
        from touchpoint_visits
        join
            touchpoints
            on touchpoint_visits.touchpoint = touchpoints.touchpoint
            and touchpoints.outcome is null
        where touchpoint_visits.exit = 'ended' and touchpoint_visits.is_settled
        union all
        select stage, touchpoint, 'sent back a stage' as pain, customer_id
        from touchpoint_visits
        where exit = 'diverted'
        union all
        select stage, touchpoint, 'unhappy messages' as pain, customer_id
        from felt_voices
        where measure = 'sentiment' and mood = 'bad' and stage is not null
        union all
        select stage, touchpoint, 'needed again within 7 days' as pain, customer_id
        from contacted
        where again_us <= 604800000000
        union all
        -- The company's move was next, and took over three days.
        select
            touchpoint_visits.stage,
            touchpoint_visits.touchpoint,
            'over 3 days of waiting for us' as pain,
            touchpoint_visits.customer_id
        from touchpoint_visits
        join touchpoints on touchpoint_visits.next_touchpoint = touchpoints.touchpoint
        where
            touchpoints.initiator = 'company'
            and touchpoint_visits.next_stage = touchpoint_visits.stage
            and touchpoint_visits.wait_us > 259200000000
    )

select troubled.stage, troubled.touchpoint, troubled.pain, troubled.customer_id
from troubled
group by troubled.stage, troubled.touchpoint, troubled.pain, troubled.customer_id
