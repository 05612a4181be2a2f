-- contact_starts: who begins the contacts of each stage and touchpoint: the customer or
-- the company.
-- Grain: one row per grain, name.
-- Reads: contacts, event_kinds, session_places, stages, touchpoints.
-- A contact counts once at each stage and each touchpoint that was met in it, under
-- whoever began it. Beside it stands who begins the touchpoint by the catalogue.
with
    touched as (
        select
            session_places.customer_rank,
            session_places.channel_number,
            session_places.session_number,
            event_kinds.touchpoint_number
        from session_places
        join event_kinds on session_places.kind_number = event_kinds.kind_number
        where event_kinds.stage is not null
        group by
            session_places.customer_rank,
            session_places.channel_number,
            session_places.session_number,
            event_kinds.touchpoint_number
    ),

    begun as (
        select
            touched.customer_rank,
            touched.channel_number,
            touched.session_number,
            event_kinds.touchpoint,
            event_kinds.stage,
            case when contacts.begun_by = 'company' then 1 else 0 end as by_company
        from touched
        join event_kinds on touched.touchpoint_number = event_kinds.kind_number
        join
            contacts
            on touched.customer_rank = contacts.customer_rank
            and touched.channel_number = contacts.channel_number
            and touched.session_number = contacts.session_number
    ),

    met as (
        select stage, max(by_company) as by_company
        from begun
        group by stage, customer_rank, channel_number, session_number
    ),

    counted as (
        select
            'touchpoint' as grain,
            touchpoint as name,
            count(*) as contact_count,
            cast(sum(by_company) as bigint) as company_started_count
        from begun
        group by touchpoint
        union all
        select
            'stage' as grain,
            stage as name,
            count(*) as contact_count,
            cast(sum(by_company) as bigint) as company_started_count
        from met
        group by stage
    ),

    named as (
        select
            'stage' as grain,
            stage as name,
            stage,
            position,
            cast(null as varchar) as initiator
        from stages
        union all
        select 'touchpoint' as grain, touchpoint as name, stage, position, initiator
        from touchpoints
        where stage is not null
    ),

    filled as (
        select
            named.grain,
            named.name,
            named.stage,
            named.position,
            named.initiator,
            coalesce(counted.contact_count, 0) as contact_count,
            coalesce(counted.company_started_count, 0) as company_started_count,
            counted.contact_count as total
        from named
        -- What nobody met keeps its row.
        left join counted on named.grain = counted.grain and named.name = counted.name
    ),

    -- Wilson's 95 % interval: z = 1.959963984540054.
    bounded as (
        select
            *,
            company_started_count + 1.920729410347062e0 as middle,
            1.959963984540054e0 * sqrt(
                cast(company_started_count * (total - company_started_count) as double)
                / total
                + 0.960364705173531e0
            ) as reach,
            total + 3.841458820694124e0 as scale
        from filled
    )

select
    grain,
    name,
    stage,
    initiator,
    contact_count,
    contact_count - company_started_count as customer_started_count,
    company_started_count,
    cast(company_started_count as double) / total as company_started_share,
    greatest(middle - reach, 0e0) / scale as company_started_low,
    least(middle + reach, scale) / scale as company_started_high
from bounded
order by grain, position
