-- experiment_exposures: who was shown which variant of which experiment, and what came
-- of it.
-- Grain: one row per customer_id, experiment.
-- Reads: known_events, ordered_events, parameters, touchpoints.
-- An exposure is the first event that names the experiment. Everyone is looked at for
-- one dormancy limit from their exposure on: who was exposed later than that before
-- as_of is waiting still. Who saw several variants belongs to none.
with
    told as (
        select
            ordered_events.customer_id,
            ordered_events.position,
            ordered_events.occurred_us,
            coalesce(
                json_extract_string(known_events.properties, '$."experiment"'),
                json_extract_string(known_events.properties, '$."experiment_name"'),
                json_extract_string(known_events.properties, '$."$feature_flag"')
            ) as experiment,
            coalesce(
                json_extract_string(known_events.properties, '$."variant"'),
                json_extract_string(known_events.properties, '$."variation_name"'),
                json_extract_string(
                    known_events.properties, '$."$feature_flag_response"'
                )
            ) as variant
        from known_events
        join ordered_events on known_events.event_key = ordered_events.event_key
        where
            known_events.properties like '%"experiment%'
            or known_events.properties like '%"$feature_flag"%'
    ),

    exposed as (
        select
            customer_id,
            experiment,
            min(variant) as variant,
            count(distinct variant) as variant_count,
            min(occurred_us) as exposed_us
        from told
        where experiment is not null and variant is not null
        group by customer_id, experiment
    ),

    decided as (
        select
            ordered_events.customer_id, ordered_events.occurred_us, touchpoints.outcome
        from ordered_events
        join touchpoints on ordered_events.touchpoint = touchpoints.touchpoint
        where touchpoints.outcome = 'completes'
    ),

    reached as (
        select
            exposed.customer_id,
            exposed.experiment,
            min(decided.occurred_us) as completed_us
        from exposed
        cross join parameters
        join
            decided
            on exposed.customer_id = decided.customer_id
            and decided.occurred_us
            between exposed.exposed_us and exposed.exposed_us + parameters.dormancy_us
        group by exposed.customer_id, exposed.experiment
    )

select
    exposed.customer_id,
    exposed.experiment,
    exposed.variant,
    exposed.variant_count > 1 as is_mixed,
    exposed.exposed_us > parameters.as_of_us - parameters.dormancy_us as is_waiting,
    reached.completed_us is not null as has_completed
from exposed
cross join parameters
left join
    reached
    on exposed.customer_id = reached.customer_id
    and exposed.experiment = reached.experiment
