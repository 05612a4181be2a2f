-- mail_subjects: every mail with its own id and the thread that it names itself; an
-- answer that names a subject alone is in the thread of the mail it can answer.
-- Grain: one row per event_id.
-- Reads: known_events.
with
    -- The reader leaves both names among the properties, as text without spaces.
    worded as (
        select
            event_id,
            epoch_us(occurred_at) as occurred_us,
            object_id as named_thread,
            split_part(split_part(properties, '"message_id":"', 2), '"', 1) as own_id,
            split_part(
                split_part(properties, '"subject_thread":"', 2), '"', 1
            ) as subject_thread
        from known_events
        where object_kind = 'thread'
    ),

    -- An id in properties is spelt with %40, or it would pass for an address of mail.
    mails as (
        select
            event_id,
            occurred_us,
            named_thread,
            case
                when strpos(own_id, '%40') > 0
                then split_part(own_id, '%40', 1) || '@' || split_part(own_id, '%40', 2)
                else coalesce(nullif(own_id, ''), named_thread)
            end as message_id,
            case
                when named_thread like 'subject/%'
                then named_thread
                else nullif(subject_thread, '')
            end as subject_thread,
            case when named_thread like 'subject/%' then 0 else 1 end as first_count
        from worded
    ),

    -- A customer may write of one subject every month: each first mail begins a thread.
    numbered as (
        select
            event_id,
            named_thread,
            subject_thread,
            first_count,
            cast(
                sum(first_count) over (
                    partition by subject_thread
                    order by occurred_us, first_count desc, event_id
                    rows between unbounded preceding and current row
                ) as bigint
            ) as first_number
        from mails
        where subject_thread is not null
    ),

    firsts as (
        select subject_thread, first_number, named_thread
        from numbered
        where first_count = 1
    )

select
    mails.event_id,
    mails.message_id,
    coalesce(firsts.named_thread, mails.named_thread) as thread
from mails
left join numbered on mails.event_id = numbered.event_id
-- An answer whose first mail never landed keeps the name of the subject's thread; one
-- before every first mail is of a clock that is wrong.
left join
    firsts
    on numbered.subject_thread = firsts.subject_thread
    and greatest(numbered.first_number, 1) = firsts.first_number
