-- cause_quiet_visits: the visits of no period that stands out.
-- Grain: one row per grain, customer_id, position.
-- Reads: cause_visits, told_periods.
-- What an incident did is told once, as the incident: its days would make its channel
-- and kind of device look bad at all times.
select
    cause_visits.grain,
    cause_visits.name,
    cause_visits.customer_id,
    cause_visits.journey_number,
    cause_visits.position,
    cause_visits.occurred_at,
    cause_visits.day_on,
    cause_visits.channel,
    cause_visits.device_kind,
    cause_visits.previous_name,
    cause_visits.reached,
    cause_visits.is_lost
from cause_visits
where
    not exists (
        select 1
        from told_periods
        where
            told_periods.grain = cause_visits.grain
            and told_periods.name = cause_visits.name
            and cause_visits.day_on between told_periods.from_on and told_periods.to_on
            and told_periods.value in (
                '(all)',
                case
                    when cause_visits.device_kind is null
                    then cause_visits.channel
                    else cause_visits.channel || ', ' || cause_visits.device_kind
                end
            )
    )
