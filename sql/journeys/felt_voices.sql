-- felt_voices: what customers said of us, and whether it is good or bad.
-- Grain: one row per customer_id, position, measure (sentiment, nps, csat or ces).
-- Reads: voices.
-- Kept as a view: it is voices and a word for each score.
-- Bad: a sentiment of -0.3 or less, an NPS of 6 or less or a CSAT of 2 or less. Good: a
-- sentiment of 0.3 or more, an NPS of 9 or more or a CSAT of 4 or more. CES is neither:
-- whether much of it is good depends on how the question was put.
select
    customer_id,
    position,
    measure,
    event_id,
    occurred_at,
    channel,
    touchpoint,
    stage,
    score,
    case
        when
            measure = 'sentiment'
            and score <= -0.3e0
            or measure = 'nps'
            and score <= 6
            or measure = 'csat'
            and score <= 2
        then 'bad'
        when
            measure = 'sentiment'
            and score >= 0.3e0
            or measure = 'nps'
            and score >= 9
            or measure = 'csat'
            and score >= 4
        then 'good'
        else 'neutral'
    end as mood
from voices
