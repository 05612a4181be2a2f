-- effort: how often customers must come back to us: contacts per resolution, and the
-- same intent again within seven days.
-- Grain: one row per grain, name.
-- Reads: contact_cases, contacts, parameters, stages, touchpoints.
-- A stage's cases are those of its contacts; a touchpoint's are those that began with
-- it. What a case is, and when it is resolved, left or open, stands in contact_cases:
-- contacts, hours and the share of cases that took one contact are of resolved ones.
-- A contact is repeated if the same customer makes one with the same intent seven days
-- or less after its end; only contacts that ended more than seven days before as_of
-- count, since others may yet be repeated.
with
    efforts as (
        select
            contacts.customer_id,
            contacts.intent,
            contacts.intent_stage,
            parameters.as_of_us - epoch_us(contacts.ended_at)
            > 604800000000 as is_settled,
            lead(epoch_us(contacts.started_at)) over (
                partition by contacts.customer_id, contacts.intent
                order by contacts.position
            )
            - epoch_us(contacts.ended_at) as again_us
        from contacts
        cross join parameters
        where contacts.is_effort
    ),

    placed_efforts as (
        select 'stage' as grain, intent_stage as name, customer_id, is_settled, again_us
        from efforts
        union all
        select 'touchpoint' as grain, intent as name, customer_id, is_settled, again_us
        from efforts
    ),

    repeated as (
        select
            grain,
            name,
            count(*) as contact_count,
            count(distinct customer_id) as customer_count,
            cast(
                sum(case when is_settled then 1 else 0 end) as bigint
            ) as settled_contact_count,
            cast(
                sum(
                    case when is_settled and again_us <= 604800000000 then 1 else 0 end
                ) as bigint
            ) as repeated_count
        from placed_efforts
        group by grain, name
    ),

    placed_cases as (
        select
            'stage' as grain,
            stage as name,
            status,
            is_told,
            contact_count,
            resolution_hours
        from contact_cases
        union all
        select
            'touchpoint' as grain,
            intent as name,
            status,
            is_told,
            contact_count,
            resolution_hours
        from contact_cases
    ),

    counted as (
        select
            grain,
            name,
            count(*) as case_count,
            cast(
                sum(case when status = 'resolved' then 1 else 0 end) as bigint
            ) as resolved_count,
            cast(
                sum(
                    case when status = 'resolved' and is_told then 1 else 0 end
                ) as bigint
            ) as told_count,
            cast(
                sum(case when status = 'left' then 1 else 0 end) as bigint
            ) as left_count,
            cast(
                sum(case when status = 'open' then 1 else 0 end) as bigint
            ) as open_count
        from placed_cases
        group by grain, name
    ),

    resolved as (
        select
            grain,
            name,
            cast(sum(contact_count) as bigint) as contact_total,
            cast(sum(contact_count * contact_count) as bigint) as square_total,
            count(*) as resolved_total,
            cast(
                sum(case when contact_count = 1 then 1 else 0 end) as bigint
            ) as single_count,
            percentile_cont(0.5) within group (order by contact_count) as contacts_p50,
            percentile_cont(0.9) within group (order by contact_count) as contacts_p90,
            percentile_cont(0.5) within group (
                order by resolution_hours
            ) as resolution_hours_p50,
            percentile_cont(0.9) within group (
                order by resolution_hours
            ) as resolution_hours_p90
        from placed_cases
        where status = 'resolved'
        group by grain, name
    ),

    named as (
        select 'stage' as grain, stage as name, stage, position
        from stages
        union all
        select 'touchpoint' as grain, touchpoint as name, stage, position
        from touchpoints
        where stage is not null
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054; the normal one for a mean.
    bounded as (
        select
            named.grain,
            named.name,
            named.stage,
            named.position,
            repeated.contact_count,
            repeated.customer_count,
            repeated.settled_contact_count,
            repeated.repeated_count,
            counted.case_count,
            counted.resolved_count,
            counted.told_count,
            counted.left_count,
            counted.open_count,
            cast(resolved.contact_total as double)
            / resolved.resolved_total as contacts_mean,
            1.959963984540054e0 * sqrt(
                greatest(
                    cast(resolved.square_total as double)
                    - cast(resolved.contact_total as double)
                    * cast(resolved.contact_total as double)
                    / resolved.resolved_total,
                    0e0
                )
                / nullif(resolved.resolved_total - 1, 0)
                / resolved.resolved_total
            ) as contacts_reach,
            resolved.contacts_p50,
            resolved.contacts_p90,
            resolved.resolution_hours_p50,
            resolved.resolution_hours_p90,
            resolved.single_count,
            resolved.resolved_total,
            1.959963984540054e0 * sqrt(
                cast(
                    resolved.single_count
                    * (resolved.resolved_total - resolved.single_count) as double
                )
                / resolved.resolved_total
                + 0.960364705173531e0
            ) as single_reach,
            nullif(repeated.settled_contact_count, 0) as settled_total,
            1.959963984540054e0 * sqrt(
                cast(
                    repeated.repeated_count * (
                        repeated.settled_contact_count - repeated.repeated_count
                    ) as double
                )
                / nullif(repeated.settled_contact_count, 0)
                + 0.960364705173531e0
            ) as repeated_reach
        from named
        join repeated on named.grain = repeated.grain and named.name = repeated.name
        -- A touchpoint may only ever come later in a case than its first contact.
        left join counted on named.grain = counted.grain and named.name = counted.name
        -- Nothing may be resolved yet.
        left join
            resolved on named.grain = resolved.grain and named.name = resolved.name
    )

select
    grain,
    name,
    stage,
    contact_count,
    customer_count,
    settled_contact_count,
    repeated_count,
    cast(repeated_count as double) / settled_total as repeated_share,
    greatest(repeated_count + 1.920729410347062e0 - repeated_reach, 0e0)
    / (settled_total + 3.841458820694124e0) as repeated_low,
    least(
        repeated_count + 1.920729410347062e0 + repeated_reach,
        settled_total + 3.841458820694124e0
    )
    / (settled_total + 3.841458820694124e0) as repeated_high,
    coalesce(case_count, 0) as case_count,
    coalesce(resolved_count, 0) as resolved_count,
    coalesce(told_count, 0) as told_count,
    coalesce(left_count, 0) as left_case_count,
    coalesce(open_count, 0) as open_case_count,
    contacts_mean as contacts_per_resolution,
    greatest(contacts_mean - contacts_reach, 1e0) as contacts_low,
    contacts_mean + contacts_reach as contacts_high,
    contacts_p50,
    contacts_p90,
    cast(single_count as double) / resolved_total as single_contact_share,
    greatest(single_count + 1.920729410347062e0 - single_reach, 0e0)
    / (resolved_total + 3.841458820694124e0) as single_contact_low,
    least(
        single_count + 1.920729410347062e0 + single_reach,
        resolved_total + 3.841458820694124e0
    )
    / (resolved_total + 3.841458820694124e0) as single_contact_high,
    resolution_hours_p50,
    resolution_hours_p90
from bounded
order by grain, position
