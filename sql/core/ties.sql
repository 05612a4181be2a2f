-- ties: how many neighbouring events of a customer bear one instant, and what put one
-- before the other.
-- Grain: one row per grain (all, source, precision or kind), name, other_name.
-- Reads: event_kinds, event_places.
-- Neighbours are two events of one customer at positions that follow one another; they
-- are tied where their instants are equal to the microsecond. name and other_name are
-- the two sources, precisions of time or kinds, in order of the alphabet, whichever
-- came first; the row of the grain all is named (all). The source that ranks before
-- the other puts its event first (by_rank_count), else within one source its own
-- sequence (by_sequence_count), else nothing that is known: the event's id is a hash
-- (by_id_count, and there two sources of one rank are counted, too). Pairs of kinds
-- without a tie are left out.
with
    -- Few rows from here on.
    numbered as (
        select
            kind_number,
            previous_kind_number,
            count(*) as pair_count,
            count(tie_broken_by) as tied_count,
            count(case when tie_broken_by = 'source rank' then 1 end) as by_rank_count,
            count(case when tie_broken_by = 'sequence' then 1 end) as by_sequence_count,
            count(case when tie_broken_by = 'event id' then 1 end) as by_id_count
        from event_places
        where position > 1
        group by kind_number, previous_kind_number
    ),

    paired as (
        select
            own.source,
            previous.source as previous_source,
            own.time_precision,
            previous.time_precision as previous_precision,
            own.kind,
            previous.kind as previous_kind,
            numbered.pair_count,
            numbered.tied_count,
            numbered.by_rank_count,
            numbered.by_sequence_count,
            numbered.by_id_count
        from numbered
        join event_kinds as own on numbered.kind_number = own.kind_number
        join
            event_kinds as previous
            on numbered.previous_kind_number = previous.kind_number
    ),

    named as (
        select
            grains.grain,
            case
                grains.grain
                when 'source'
                then least(paired.source, paired.previous_source)
                when 'precision'
                then least(paired.time_precision, paired.previous_precision)
                when 'kind'
                then least(paired.kind, paired.previous_kind)
                else '(all)'
            end as name,
            case
                grains.grain
                when 'source'
                then greatest(paired.source, paired.previous_source)
                when 'precision'
                then greatest(paired.time_precision, paired.previous_precision)
                when 'kind'
                then greatest(paired.kind, paired.previous_kind)
                else '(all)'
            end as other_name,
            paired.pair_count,
            paired.tied_count,
            paired.by_rank_count,
            paired.by_sequence_count,
            paired.by_id_count
        from paired
        cross join
            (values ('all'), ('source'), ('precision'), ('kind')) as grains(grain)
    ),

    summed as (
        select
            grain,
            name,
            other_name,
            cast(sum(pair_count) as bigint) as pair_count,
            cast(sum(tied_count) as bigint) as tied_count,
            cast(sum(by_rank_count) as bigint) as by_rank_count,
            cast(sum(by_sequence_count) as bigint) as by_sequence_count,
            cast(sum(by_id_count) as bigint) as by_id_count
        from named
        group by grain, name, other_name
    )

select
    grain,
    name,
    other_name,
    pair_count,
    tied_count,
    cast(tied_count as double) / pair_count as tied_share,
    by_rank_count,
    by_sequence_count,
    by_id_count
from summed
where grain <> 'kind' or tied_count > 0
order by grain, tied_count desc, name, other_name
