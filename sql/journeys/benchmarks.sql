-- benchmarks: what the company compares itself with, beside what was measured here.
-- Grain: one row per line of benchmarks.csv.
-- Reads: contact_starts, drop_offs, effort, given_benchmarks, voice_measures.
-- The verdict is `above` or `below` where the whole 95 % interval of the measured value
-- lies above or below the benchmark, and else `cannot tell`: because the benchmark
-- lies in the interval or at an end of it, or because too little was measured. Whether
-- above is good depends on the measure.
with
    measured as (
        select
            measure,
            grain,
            name,
            value,
            value_low,
            value_high,
            answer_count as base_count
        from voice_measures
        union all
        select
            'drop_off_share' as measure,
            grain,
            name,
            drop_off_share as value,
            share_low as value_low,
            share_high as value_high,
            settled_count as base_count
        from drop_offs
        union all
        select
            'contacts_per_resolution' as measure,
            grain,
            name,
            contacts_per_resolution as value,
            contacts_low as value_low,
            contacts_high as value_high,
            resolved_count as base_count
        from effort
        union all
        select
            'single_contact_share' as measure,
            grain,
            name,
            single_contact_share as value,
            single_contact_low as value_low,
            single_contact_high as value_high,
            resolved_count as base_count
        from effort
        union all
        select
            'repeated_share' as measure,
            grain,
            name,
            repeated_share as value,
            repeated_low as value_low,
            repeated_high as value_high,
            settled_contact_count as base_count
        from effort
        union all
        select
            'company_started_share' as measure,
            grain,
            name,
            company_started_share as value,
            company_started_low as value_low,
            company_started_high as value_high,
            contact_count as base_count
        from contact_starts
    )

select
    given_benchmarks.number,
    given_benchmarks.measure,
    given_benchmarks.grain,
    given_benchmarks.name,
    given_benchmarks.value as benchmark,
    given_benchmarks.source,
    given_benchmarks.as_of_on,
    given_benchmarks.note,
    measured.value,
    measured.value_low,
    measured.value_high,
    coalesce(measured.base_count, 0) as base_count,
    case
        when measured.value_low > given_benchmarks.value
        then 'above'
        when measured.value_high < given_benchmarks.value
        then 'below'
        else 'cannot tell'
    end as verdict
from given_benchmarks
-- Nobody may have said anything yet, or met it.
left join
    measured
    on given_benchmarks.measure = measured.measure
    and given_benchmarks.grain = measured.grain
    and given_benchmarks.name = measured.name
order by given_benchmarks.number
