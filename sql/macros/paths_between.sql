-- paths_between(start_touchpoint, end_touchpoint, top := 20): the ways from the first
-- meeting of one touchpoint to the next of another.
-- Grain: one row per path from one to the other; then (other), and one row for journeys
-- that never came there, by their end.
-- Reads: journey_paths, path_codes.
-- A touchpoint that follows itself is one step. Journeys counted add up to all that met
-- start_touchpoint; where both are the same, end is its next return.
create or replace macro paths_between(start_touchpoint, end_touchpoint, top := 20) as table
with
    asked as (
        select
            case
                when max(case when name = start_touchpoint then code end) is null
                then
                    error(
                        'no touchpoint is named '
                        || start_touchpoint
                        || '; see the table touchpoints'
                    )
                else max(case when name = start_touchpoint then code end)
            end as start_code,
            case
                when max(case when name = end_touchpoint then code end) is null
                then
                    error(
                        'no touchpoint is named '
                        || end_touchpoint
                        || '; see the table touchpoints'
                    )
                else max(case when name = end_touchpoint then code end)
            end as end_code
        from path_codes
        where grain = 'touchpoint'
    ),

    begun as (
        select
            journey_paths.customer_id,
            journey_paths.status,
            journey_paths.is_settled,
            substr(
                journey_paths.collapsed_codes,
                strpos(journey_paths.collapsed_codes, asked.start_code) + 1
            ) as rest,
            asked.start_code,
            asked.end_code
        from journey_paths
        cross join asked
        where contains(journey_paths.collapsed_codes, asked.start_code)
    ),

    taken as (
        select
            case
                when contains(rest, end_code)
                then start_code || substr(rest, 1, strpos(rest, end_code))
                else start_code
            end as way,
            case
                when contains(rest, end_code) then '' else ' > (' || status || ')'
            end as mark,
            customer_id,
            status,
            is_settled
        from begun
    ),

    ranked as (
        select
            way,
            mark,
            row_number() over (
                partition by mark = '' order by count(*) desc, way, mark
            ) as rank
        from taken
        group by way, mark
    ),

    named as (
        select
            mark, rank, string_agg(path_codes.name, ' > ' order by place) || mark as path
        from
            (
                select
                    rank,
                    mark,
                    unnest(string_split(way, '')) as code,
                    generate_subscripts(string_split(way, ''), 1) as place
                from ranked
                where rank <= top or mark <> ''
            ) as places
        join path_codes on path_codes.grain = 'touchpoint' and places.code = path_codes.code
        group by mark, rank
    ),

    counted as (
        select
            ranked.mark,
            case when ranked.rank <= top or ranked.mark <> '' then ranked.rank end as rank,
            count(*) as journey_count,
            count(distinct taken.customer_id) as customer_count,
            count(*) filter (taken.is_settled) as settled_count,
            count(*) filter (
                taken.is_settled and taken.status = 'completed'
            ) as settled_completed_count
        from taken
        join ranked on taken.way = ranked.way and taken.mark = ranked.mark
        group by
            ranked.mark,
            case when ranked.rank <= top or ranked.mark <> '' then ranked.rank end
    )

select
    row_number() over (
        order by counted.mark <> '', counted.rank nulls last
    ) as rank,
    coalesce(named.path, '(other)') as path,
    counted.mark = '' as is_reached,
    counted.journey_count,
    counted.customer_count,
    counted.journey_count / sum(counted.journey_count) over () as journey_share,
    counted.settled_count,
    counted.settled_completed_count,
    counted.settled_completed_count / nullif(counted.settled_count, 0) as completed_share
from counted
left join named on counted.mark = named.mark and counted.rank = named.rank
order by rank
