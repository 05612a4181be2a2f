-- path_windows: which touchpoint comes within so many steps after another.
-- Grain: one row per from_touchpoint, to_touchpoint, within_steps (1 to 5).
-- Reads: path_codes, path_steps.
-- A touchpoint that follows itself is one step. followed_count is how many visits of
-- from_touchpoint have to_touchpoint among their next within_steps steps in the same
-- journey, each visit counted once; journey_count the journeys with such a visit. The
-- share is of visits in settled journeys (see paths). Pairs begin with the smallest
-- window in which they were seen.
with
    -- How far the first of each that follows is from each step of a way.
    followed as (
        select
            path_steps.way_number,
            substr(path_steps.ahead, 1, 1) as from_code,
            substr(path_steps.ahead, 1 + distances.distance, 1) as to_code,
            distances.distance,
            count(*) as times,
            min(path_steps.journey_count) as journey_count,
            min(path_steps.settled_count) as settled_count
        from path_steps
        cross join (values (1), (2), (3), (4), (5)) as distances(distance)
        where
            length(path_steps.ahead) > distances.distance
            and strpos(
                substr(path_steps.ahead, 2, distances.distance - 1),
                substr(path_steps.ahead, 1 + distances.distance, 1)
            )
            = 0
        group by
            path_steps.way_number,
            substr(path_steps.ahead, 1, 1),
            substr(path_steps.ahead, 1 + distances.distance, 1),
            distances.distance
    ),

    -- A journey counts where the pair is nearest in it.
    nearest as (
        select
            *,
            row_number() over (
                partition by way_number, from_code, to_code order by distance
            ) as place
        from followed
    ),

    within_reach as (
        select
            nearest.from_code,
            nearest.to_code,
            windows.within_steps,
            cast(
                sum(nearest.times * nearest.journey_count) as bigint
            ) as followed_count,
            cast(
                sum(
                    case when nearest.place = 1 then nearest.journey_count end
                ) as bigint
            ) as journey_count,
            cast(
                sum(nearest.times * nearest.settled_count) as bigint
            ) as settled_followed_count
        from nearest
        join
            (values (1), (2), (3), (4), (5)) as windows(within_steps)
            on nearest.distance <= windows.within_steps
        group by nearest.from_code, nearest.to_code, windows.within_steps
    ),

    visited as (
        select
            substr(ahead, 1, 1) as code,
            cast(sum(journey_count) as bigint) as visit_count,
            cast(sum(settled_count) as bigint) as settled_count
        from path_steps
        group by substr(ahead, 1, 1)
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            within_reach.*,
            visited.visit_count,
            visited.settled_count,
            nullif(visited.settled_count, 0) as settled_total,
            within_reach.settled_followed_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(
                    within_reach.settled_followed_count * (
                        visited.settled_count - within_reach.settled_followed_count
                    ) as double
                )
                / nullif(visited.settled_count, 0)
                + 0.960364705173531e0
            ) as reach,
            nullif(visited.settled_count, 0) + 3.841458820694124e0 as scale
        from within_reach
        join visited on within_reach.from_code = visited.code
    )

select
    from_codes.name as from_touchpoint,
    to_codes.name as to_touchpoint,
    bounded.within_steps,
    bounded.visit_count,
    bounded.followed_count,
    bounded.journey_count,
    bounded.settled_count,
    bounded.settled_followed_count,
    cast(bounded.settled_followed_count as double)
    / bounded.settled_total as followed_share,
    greatest(bounded.middle - bounded.reach, 0e0) / bounded.scale as share_low,
    least(bounded.middle + bounded.reach, bounded.scale) / bounded.scale as share_high
from bounded
join
    path_codes as from_codes
    on from_codes.grain = 'touchpoint'
    and from_codes.code = bounded.from_code
join
    path_codes as to_codes
    on to_codes.grain = 'touchpoint'
    and to_codes.code = bounded.to_code
order by from_touchpoint, to_touchpoint, within_steps
