-- crowd_links: each crowd as a star around its strongest identifier, never all pairs.
-- Grain: one row per left_number, right_number, source_number, is_merge,
-- is_authenticated.
-- Reads: crowds, crowd_members, shared_identifiers.
with
    centres as (
        select
            crowd_members.crowd_number,
            -- A kiosk cookie must not stand between a person's e-mail and telephone.
            coalesce(
                min(
                    case
                        when
                            not crowd_members.is_blocked
                            and shared_identifiers.identifier_number is null
                        then crowd_members.identifier_number
                    end
                ),
                min(crowd_members.identifier_number)
            ) as centre_number
        from crowd_members
        left join
            shared_identifiers
            on crowd_members.identifier_number = shared_identifiers.identifier_number
        group by crowd_members.crowd_number
    )

select
    least(centres.centre_number, crowd_members.identifier_number) as left_number,
    greatest(centres.centre_number, crowd_members.identifier_number) as right_number,
    crowds.source_number,
    min(crowds.occurred_at) as first_seen_at,
    max(crowds.occurred_at) as last_seen_at,
    count(*) as event_count,
    crowds.is_merge,
    crowds.is_authenticated
from crowd_members
join centres on crowd_members.crowd_number = centres.crowd_number
join crowds on crowd_members.crowd_number = crowds.crowd_number
where crowd_members.identifier_number <> centres.centre_number
group by
    least(centres.centre_number, crowd_members.identifier_number),
    greatest(centres.centre_number, crowd_members.identifier_number),
    crowds.source_number,
    crowds.is_merge,
    crowds.is_authenticated
