-- matched_in_time: journeys that segments of a way fit one after another, in time.
-- Grain: one row per customer_id, journey_number.
-- Reads: journey_paths, touchpoint_visits.
with recursive
    -- Without its times a way must fit as well, which is soon told.
    candidates as (
        select customer_id, journey_number, touchpoint_codes as codes
        from journey_paths
        where
            regexp_matches(touchpoint_codes, $regex)
            and ($end_status is null or status = $end_status)
    ),

    segments as (
        select
            unnest(range(1, len($regexes) + 1)) as segment,
            unnest($regexes) as regex,
            unnest($first_codes) as first_codes,
            unnest($are_first_others) as is_first_other,
            unnest($least_counts) as least_count,
            unnest($most_counts) as most_count,
            unnest($least_gaps) as least_gap,
            unnest($most_gaps) as most_gap,
            unnest($after_us) as after_us,
            unnest($within_us) as within_us
    ),

    steps as materialized(
        select
            candidates.customer_id,
            candidates.journey_number,
            candidates.codes,
            touchpoint_visits.step,
            touchpoint_visits.occurred_us
        from candidates
        join
            touchpoint_visits
            on candidates.customer_id = touchpoint_visits.customer_id
            and candidates.journey_number = touchpoint_visits.journey_number
    ),

    -- Each run of touchpoints that could be a segment, by what it begins with.
    begun as (
        select
            steps.customer_id,
            steps.journey_number,
            steps.codes,
            steps.step as first_step,
            steps.occurred_us as first_us,
            segments.segment,
            segments.regex,
            segments.least_gap,
            segments.most_gap,
            segments.after_us,
            segments.within_us,
            unnest(
                range(
                    segments.least_count,
                    least(
                        coalesce(segments.most_count, length(steps.codes)),
                        length(steps.codes) - steps.step + 1
                    )
                    + 1
                )
            ) as step_count
        from steps
        cross join segments
        where
            segments.first_codes is null
            or contains(segments.first_codes, substr(steps.codes, steps.step, 1))
            <> segments.is_first_other
    ),

    -- A segment of one touchpoint has no expression: its beginning said all.
    runs as materialized(
        select
            begun.customer_id,
            begun.journey_number,
            begun.segment,
            begun.first_step,
            begun.first_us,
            steps.step as last_step,
            steps.occurred_us as last_us,
            length(begun.codes) as way_length,
            begun.least_gap,
            begun.most_gap,
            begun.after_us,
            begun.within_us
        from begun
        join
            steps
            on begun.customer_id = steps.customer_id
            and begun.journey_number = steps.journey_number
            and begun.first_step + begun.step_count - 1 = steps.step
        where
            begun.regex is null
            or regexp_full_match(
                substr(begun.codes, begun.first_step, begun.step_count), begun.regex
            )
    ),

    reached as (
        select customer_id, journey_number, segment, last_step, last_us, way_length
        from runs
        where segment = 1 and (not $is_from_start or first_step = 1)
        union
        select
            runs.customer_id,
            runs.journey_number,
            runs.segment,
            runs.last_step,
            runs.last_us,
            runs.way_length
        from reached
        join
            runs
            on reached.customer_id = runs.customer_id
            and reached.journey_number = runs.journey_number
            and reached.segment + 1 = runs.segment
            and runs.first_step > reached.last_step + runs.least_gap
            and (
                runs.most_gap is null
                or runs.first_step <= reached.last_step + runs.most_gap + 1
            )
            and runs.first_us - reached.last_us >= runs.after_us
            and (
                runs.within_us is null
                or runs.first_us - reached.last_us <= runs.within_us
            )
    )

select distinct customer_id, journey_number
from reached
where segment = len($regexes) and (not $is_to_end or last_step = way_length)
