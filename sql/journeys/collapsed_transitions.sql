-- collapsed_transitions: transitions without those to the same again: where journeys
-- go once they go anywhere.
-- Grain: one row per grain, from_name, to_name, which may be an end such as (open).
-- Reads: named_transitions.
-- Counts and waits are those of the tables with self-loops; a share is of what did not
-- stay, and repeated_count says how often from_name was followed by itself.
with
    summed as (
        select
            *,
            cast(
                sum(
                    case when from_name = to_name then transition_count else 0 end
                ) over (partition by grain, from_name) as bigint
            ) as repeated_count,
            nullif(
                cast(
                    sum(
                        case when from_name <> to_name then settled_count else 0 end
                    ) over (partition by grain, from_name) as bigint
                ),
                0
            ) as whole_count,
            case when to_name <> '(open)' then settled_count end as part_count
        from named_transitions
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            part_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(part_count * (whole_count - part_count) as double) / whole_count
                + 0.960364705173531e0
            ) as reach,
            -- Where there is no share there is no interval.
            case when part_count is not null then whole_count end
            + 3.841458820694124e0 as scale
        from summed
        where from_name <> to_name
    )

select
    grain,
    from_name,
    to_name,
    transition_count,
    customer_count,
    settled_count,
    cast(part_count as double) / whole_count as share,
    greatest(middle - reach, 0e0) / scale as share_low,
    least(middle + reach, scale) / scale as share_high,
    wait_hours_p25,
    wait_hours_p50,
    wait_hours_p90,
    uncertain_share,
    repeated_count
from bounded
order by grain, from_name, to_name
