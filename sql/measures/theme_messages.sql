-- theme_messages: what customers wrote at touchpoints, and whether it was at a low
-- point.
-- Grain: one row per event_id.
-- Reads: customer_names, drop_offs, felt_voices, known_events, voice_measures,
-- voice_places.
-- Low: the message is bad, or a bad score stands beside it. What was written in a
-- language without a lexicon, and without a score beside it, is low where its
-- touchpoint is a low point: where mean sentiment or NPS lies below zero or CSAT below
-- a half, or over a quarter of settled visits end, each with its whole interval.
with
    said as (
        select
            customer_id,
            position,
            max(case when measure = 'sentiment' then score end) as sentiment,
            max(case when mood = 'bad' then 1 else 0 end) as is_low
        from felt_voices
        group by customer_id, position
    ),

    low_points as (
        select name as touchpoint
        from voice_measures
        where
            grain = 'touchpoint'
            and (
                measure in ('sentiment', 'nps')
                and value_high < 0
                or measure = 'csat'
                and value_high < 0.5e0
            )
        union
        select name as touchpoint
        from drop_offs
        where grain = 'touchpoint' and share_low > 0.25e0
    )

select
    known_events.event_id,
    voice_places.customer_id,
    voice_places.stage,
    voice_places.touchpoint,
    voice_places.language,
    substr(known_events.text, 1, 2000) as text,
    customer_names.names,
    said.sentiment,
    case
        when said.is_low is not null
        then said.is_low = 1
        else low_points.touchpoint is not null
    end as is_low
from voice_places
join known_events on voice_places.event_id = known_events.event_id
-- Words in a language that is not scored may have no score beside them.
left join
    said
    on voice_places.customer_id = said.customer_id
    and voice_places.position = said.position
-- What the writer is called is no theme and in no quote.
left join customer_names on voice_places.customer_id = customer_names.customer_id
left join low_points on voice_places.touchpoint = low_points.touchpoint
where
    voice_places.touchpoint is not null
    and voice_places.language is not null
    and known_events.text is not null
    and substr(md5(known_events.event_id), 1, 2) <= getvariable('last_group')
order by known_events.event_id
