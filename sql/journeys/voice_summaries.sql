-- voice_summaries: sentiment, NPS, CSAT and CES of a stage or touchpoint side by side.
-- Grain: one row per grain, name.
-- Reads: voice_measures.
select
    grain,
    name,
    max(case when measure = 'sentiment' then answer_count end) as message_count,
    max(case when measure = 'sentiment' then value end) as sentiment_mean,
    max(case when measure = 'sentiment' then value_low end) as sentiment_low,
    max(case when measure = 'sentiment' then value_high end) as sentiment_high,
    max(case when measure = 'nps' then answer_count end) as nps_count,
    max(case when measure = 'nps' then value end) as nps,
    max(case when measure = 'nps' then value_low end) as nps_low,
    max(case when measure = 'nps' then value_high end) as nps_high,
    max(case when measure = 'nps' then status end) as nps_status,
    max(case when measure = 'csat' then answer_count end) as csat_count,
    max(case when measure = 'csat' then value end) as csat,
    max(case when measure = 'csat' then value_low end) as csat_low,
    max(case when measure = 'csat' then value_high end) as csat_high,
    max(case when measure = 'csat' then status end) as csat_status,
    max(case when measure = 'ces' then answer_count end) as ces_count,
    max(case when measure = 'ces' then value end) as ces,
    max(case when measure = 'ces' then value_low end) as ces_low,
    max(case when measure = 'ces' then value_high end) as ces_high,
    max(case when measure = 'ces' then status end) as ces_status
from voice_measures
group by grain, name
order by grain, name
