-- session_cuts: events that begin a session by another rule than silence.
-- Grain: one row per customer_id, position.
-- Reads: business_days, channels, known_events, ordered_events.
-- Each rule is off unless it is configured, and looks at one customer's events in one
-- channel. Midnight: the business day, in the company's time zone, is not that of the
-- event before. Campaign: the event names a campaign, and the last one named was
-- another or there was none; an event that names none goes on. Session id: the same,
-- with the id that the source itself gives. Length: a session is cut at each whole
-- multiple of the longest length after its first event; an event exactly there still
-- belongs to it.
with
    told as (
        select
            ordered_events.customer_id,
            ordered_events.position,
            ordered_events.channel,
            ordered_events.occurred_us,
            case
                when getvariable('splits_midnight') then business_days.day_number
            end as day_number,
            case
                when getvariable('splits_campaign')
                then
                    coalesce(
                        json_extract_string(known_events.properties, '$."campaign"'),
                        json_extract_string(known_events.properties, '$."utm_campaign"')
                    )
            end as campaign,
            case
                when getvariable('session_id_path') is not null
                then
                    json_extract_string(
                        known_events.properties, getvariable('session_id_path')
                    )
            end as given_id
        from ordered_events
        join known_events on ordered_events.event_key = known_events.event_key
        left join
            business_days
            on business_days.utc_day
            = cast(floor(ordered_events.occurred_us / 86400000000) as bigint)
            and ordered_events.occurred_us >= business_days.from_us
            and ordered_events.occurred_us < business_days.until_us
    ),

    paced as (
        select
            *,
            lag(occurred_us) over way as previous_us,
            lag(day_number) over way as previous_day,
            last_value(campaign ignore nulls) over earlier as previous_campaign,
            last_value(given_id ignore nulls) over earlier as previous_id
        from told
        window
            way as (partition by customer_id, channel order by position),
            earlier as (
                partition by customer_id, channel
                order by position
                rows between unbounded preceding and 1 preceding
            )
    ),

    marked as (
        select
            paced.customer_id,
            paced.position,
            paced.channel,
            paced.occurred_us,
            paced.previous_us is null
            or paced.occurred_us - paced.previous_us > channels.gap_us as is_silent,
            coalesce(paced.day_number <> paced.previous_day, false)
            or (
                paced.campaign is not null
                and paced.campaign is distinct from paced.previous_campaign
            )
            or (
                paced.given_id is not null
                and paced.given_id is distinct from paced.previous_id
            ) as is_cut
        from paced
        join channels on paced.channel = channels.channel
    ),

    numbered as (
        select
            *,
            sum(case when is_silent or is_cut then 1 else 0 end) over (
                partition by customer_id, channel
                order by position
                rows between unbounded preceding and current row
            ) as number
        from marked
    ),

    measured as (
        select
            *,
            floor(
                greatest(
                    occurred_us
                    - min(occurred_us) over (partition by customer_id, channel, number)
                    - 1,
                    0
                )
                / getvariable('longest_us')
            ) as piece
        from numbered
    ),

    pieced as (
        select
            *,
            lag(piece) over (
                partition by customer_id, channel, number order by position
            ) as previous_piece
        from measured
    )

select customer_id, position
from pieced
where is_cut or coalesce(piece > previous_piece, false)
