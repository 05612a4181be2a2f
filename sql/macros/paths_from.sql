-- paths_from(start_touchpoint, steps := 5, top := 20): where journeys go after they
-- first
-- meet a touchpoint.
-- Grain: one row per path of up to that many steps; the last row is (other).
-- Reads: journey_paths, path_codes.
-- A touchpoint that follows itself is one step. A journey that is over sooner ends with
-- (completed), (ended) or (open). Journeys counted add up to all that met it.
create or replace macro paths_from(start_touchpoint, steps := 5, top := 20) as table
with
    asked as (
        select
            case
                when count(*) = 0
                then
                    error(
                        'no touchpoint is named '
                        || start_touchpoint
                        || '; see the table touchpoints'
                    )
                else max(code)
            end as code
        from path_codes
        where grain = 'touchpoint' and name = start_touchpoint
    ),

    begun as (
        select
            journey_paths.customer_id,
            journey_paths.status,
            journey_paths.is_settled,
            substr(
                journey_paths.collapsed_codes,
                strpos(journey_paths.collapsed_codes, asked.code),
                steps + 1
            ) as way
        from journey_paths
        cross join asked
        where contains(journey_paths.collapsed_codes, asked.code)
    ),

    taken as (
        select
            way,
            case when length(way) <= steps then ' > (' || status || ')' else '' end as mark,
            customer_id,
            status,
            is_settled
        from begun
    ),

    ranked as (
        select way, mark, row_number() over (order by count(*) desc, way, mark) as rank
        from taken
        group by way, mark
    ),

    named as (
        select rank, string_agg(path_codes.name, ' > ' order by place) || any_value(mark) as path
        from
            (
                select
                    rank,
                    mark,
                    unnest(string_split(way, '')) as code,
                    generate_subscripts(string_split(way, ''), 1) as place
                from ranked
                where rank <= top
            ) as places
        join path_codes on path_codes.grain = 'touchpoint' and places.code = path_codes.code
        group by rank
    ),

    counted as (
        select
            case when ranked.rank <= top then ranked.rank end as rank,
            count(*) as journey_count,
            count(distinct taken.customer_id) as customer_count,
            count(*) filter (taken.is_settled) as settled_count,
            count(*) filter (
                taken.is_settled and taken.status = 'completed'
            ) as settled_completed_count
        from taken
        join ranked on taken.way = ranked.way and taken.mark = ranked.mark
        group by case when ranked.rank <= top then ranked.rank end
    )

select
    coalesce(counted.rank, top + 1) as rank,
    coalesce(named.path, '(other)') as path,
    counted.journey_count,
    counted.customer_count,
    counted.journey_count / sum(counted.journey_count) over () as journey_share,
    counted.settled_count,
    counted.settled_completed_count,
    counted.settled_completed_count / nullif(counted.settled_count, 0) as completed_share
from counted
left join named on counted.rank = named.rank
order by rank
