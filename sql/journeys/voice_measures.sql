-- voice_measures: mean sentiment, NPS, CSAT and CES of each stage and touchpoint.
-- Grain: one row per grain, name, measure.
-- Reads: voices.
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
                when measure <> 'nps'
                then cast(floor(score * 10000e0 + 0.5e0) as bigint)
                -- NPS: the share of 9 and 10 less the share of 0 to 6, in points.
                when score >= 9
                then 1000000
                when score <= 6
                then -1000000
                else 0
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

    -- The error of a mean; one answer has none that anybody knows.
    spread as (
        select
            grain,
            name,
            measure,
            answer_count,
            cast(total as double) / answer_count / 10000e0 as value,
            1.959963984540054e0 * sqrt(
                greatest(
                    cast(square_total as double)
                    - cast(total as double) * cast(total as double) / answer_count,
                    0e0
                )
                / nullif(answer_count - 1, 0)
                / answer_count
            )
            / 10000e0 as reach
        from summed
    )

select
    grain,
    name,
    measure,
    answer_count,
    value,
    -- A bound of the scale must not stand in for an interval that nobody knows.
    case
        when reach is null
        then null
        when measure = 'sentiment'
        then greatest(value - reach, -1e0)
        when measure = 'nps'
        then greatest(value - reach, -100e0)
        else value - reach
    end as value_low,
    case
        when reach is null
        then null
        when measure = 'sentiment'
        then least(value + reach, 1e0)
        when measure = 'nps'
        then least(value + reach, 100e0)
        else value + reach
    end as value_high
from spread
order by grain, name, measure
