-- nearest_logins: who was at a device of several people when an event named nobody:
-- whoever logged in there nearest in time, within the session gap of its channel.
-- Grain: one row per event_id; customer_id is null where that is not one customer.
-- Reads: customer_ranks, device_sightings.
with
    paced as (
        select
            *,
            max(case when customer_id is not null then occurred_us end) over (
                partition by identifier
                order by occurred_us, event_key
                rows between unbounded preceding and current row
            ) as former_us,
            min(case when customer_id is not null then occurred_us end) over (
                partition by identifier
                order by occurred_us, event_key
                rows between current row and unbounded following
            ) as later_us
        from device_sightings
    ),

    -- Of a log-in before and one as long after, the one before counts.
    near as (
        select
            identifier,
            event_id,
            event_key,
            strength,
            occurred_us,
            case
                when
                    former_us >= occurred_us - gap_us
                    and (
                        later_us is null
                        or later_us > occurred_us + backfill_us
                        or occurred_us - former_us <= later_us - occurred_us
                    )
                then former_us
                when later_us <= occurred_us + backfill_us
                then later_us
            end as login_us
        from paced
        where customer_id is null
    ),

    logins as (
        select
            identifier,
            occurred_us as login_us,
            min(customer_id) as first_customer_id,
            max(customer_id) as last_customer_id
        from device_sightings
        where customer_id is not null
        group by identifier, occurred_us
    ),

    -- An event may name several such devices.
    rivals as (
        select
            near.event_id,
            near.event_key,
            near.identifier,
            near.strength,
            min(near.strength) over (partition by near.event_key) as least_strength,
            abs(near.occurred_us - near.login_us) as distance_us,
            min(abs(near.occurred_us - near.login_us)) over (
                partition by near.event_key
            ) as least_distance_us,
            logins.first_customer_id,
            logins.last_customer_id
        from near
        -- Mostly nobody logged in within the gap.
        left join
            logins
            on near.identifier = logins.identifier
            and near.login_us = logins.login_us
    ),

    nearest as (
        select
            event_id,
            event_key,
            min(
                case when distance_us = least_distance_us then first_customer_id end
            ) as first_customer_id,
            max(
                case when distance_us = least_distance_us then last_customer_id end
            ) as last_customer_id,
            min(case when strength = least_strength then identifier end) as identifier
        from rivals
        group by event_id, event_key
    )

select
    nearest.event_id,
    nearest.event_key,
    customer_ranks.customer_id,
    customer_ranks.customer_rank,
    nearest.identifier,
    coalesce(
        nearest.first_customer_id <> nearest.last_customer_id, false
    ) as is_contested
from nearest
-- Nobody where no log-in is near, or those of several people.
left join
    customer_ranks
    on nearest.first_customer_id = customer_ranks.customer_id
    and nearest.first_customer_id = nearest.last_customer_id
