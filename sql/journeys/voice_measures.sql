-- voice_measures: mean sentiment, NPS, CSAT and CES of each stage and touchpoint, each
-- with its 95 % interval.
-- Grain: one row per grain, name, measure.
-- Reads: voices.
-- A score of fewer than 30 answers (our choice) is refused: its value is null and its
-- status says how many there are. Sentiment is shown with however few messages stand
-- behind it, and without interval where it is one. NPS is the share of 9 and 10 less
-- the share of 0 to 6, in points; its interval is the adjusted Wald one, with three
-- more answers, a quarter of them promoters and a quarter detractors (Rocks, The
-- American Statistician 70, 2016). CSAT is the share of 4 and 5 of five, with Wilson's
-- interval. Sentiment and CES are means, with the normal interval.
with
    placed as (
        select 'stage' as grain, stage as name, measure, score
        from voices
        where stage is not null
        union all
        select 'touchpoint' as grain, touchpoint as name, measure, score
        from voices
        where touchpoint is not null
    ),

    -- Whole ten-thousandths add up to the same on every machine; floats do not.
    whole as (
        select
            grain,
            name,
            measure,
            case
                when measure = 'nps' and score >= 9
                then 1000000
                when measure = 'nps' and score <= 6
                then -1000000
                when measure = 'nps'
                then 0
                when measure = 'csat' and score >= 4
                then 10000
                when measure = 'csat'
                then 0
                else cast(floor(score * 10000e0 + 0.5e0) as bigint)
            end as units
        from placed
    ),

    summed as (
        select
            grain,
            name,
            measure,
            count(*) as answer_count,
            cast(sum(units) as bigint) as total,
            cast(sum(units * units) as bigint) as square_total
        from whole
        group by grain, name, measure
    ),

    -- What intervals are made of; one answer to a mean has an error that nobody knows.
    scaled as (
        select
            *,
            cast(total as double) / answer_count / 10000e0 as value,
            cast(total as double) / 10000e0 as score_total,
            case
                when measure = 'nps'
                then
                    greatest(
                        (cast(square_total as double) / 1000000000000e0 + 1.5e0)
                        / (answer_count + 3)
                        - (cast(total as double) / 1000000e0 / (answer_count + 3))
                        * (cast(total as double) / 1000000e0 / (answer_count + 3)),
                        0e0
                    )
                    / (answer_count + 3)
                when measure = 'csat'
                then
                    cast(total as double)
                    / 10000e0
                    * (answer_count - cast(total as double) / 10000e0)
                    / answer_count
                    + 0.960364705173531e0
                else
                    greatest(
                        cast(square_total as double)
                        - cast(total as double) * cast(total as double) / answer_count,
                        0e0
                    )
                    / nullif(answer_count - 1, 0)
                    / answer_count
            end as variance
        from summed
    ),

    spread as (
        select
            grain,
            name,
            measure,
            answer_count,
            value,
            case
                when measure = 'nps'
                then score_total / (answer_count + 3)
                when measure = 'csat'
                then
                    (score_total + 1.920729410347062e0)
                    / (answer_count + 3.841458820694124e0)
                else value
            end as middle,
            case
                when measure = 'nps'
                then 1.959963984540054e0 * sqrt(variance) * 100e0
                when measure = 'csat'
                then
                    1.959963984540054e0
                    * sqrt(variance)
                    / (answer_count + 3.841458820694124e0)
                else 1.959963984540054e0 * sqrt(variance) / 10000e0
            end as reach,
            measure = 'sentiment' or answer_count >= 30 as is_shown
        from scaled
    )

select
    grain,
    name,
    measure,
    answer_count,
    case when is_shown then value end as value,
    -- A bound of the scale must not stand in for an interval that nobody knows.
    case
        when reach is null or not is_shown
        then null
        when measure = 'sentiment'
        then greatest(middle - reach, -1e0)
        when measure = 'nps'
        then greatest(middle - reach, -100e0)
        when measure = 'csat'
        then greatest(middle - reach, 0e0)
        else greatest(middle - reach, 1e0)
    end as value_low,
    case
        when reach is null or not is_shown
        then null
        when measure = 'sentiment'
        then least(middle + reach, 1e0)
        when measure = 'nps'
        then least(middle + reach, 100e0)
        when measure = 'csat'
        then least(middle + reach, 1e0)
        else least(middle + reach, 7e0)
    end as value_high,
    case
        when is_shown then 'shown' else cast(answer_count as varchar) || ' of 30 needed'
    end as status
from spread
order by grain, name, measure
