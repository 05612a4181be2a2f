-- mail_threads: the thread of every mail: the first mail that its answers go back to.
-- Grain: one row per event_id.
-- Reads: mail_subjects.
with
    -- A mail to two customers may be in a thread of each, which says nothing of
    -- answers.
    parents as (
        select message_id, min(thread) as thread
        from mail_subjects
        where message_id <> thread
        group by message_id
        having min(thread) = max(thread)
    ),

    -- Answers that name the mail before them and no other make chains; each step here
    -- looks twice as far. Programs that name no more than that are rare, and chains of
    -- sixteen mails among them rarer.
    two as (
        select parents.message_id, coalesce(higher.thread, parents.thread) as thread
        from parents
        left join parents as higher on parents.thread = higher.message_id
    ),

    four as (
        select two.message_id, coalesce(higher.thread, two.thread) as thread
        from two
        left join two as higher on two.thread = higher.message_id
    ),

    eight as (
        select four.message_id, coalesce(higher.thread, four.thread) as thread
        from four
        left join four as higher on four.thread = higher.message_id
    )

select
    mail_subjects.event_id,
    coalesce(higher.thread, eight.thread, mail_subjects.thread) as thread
from mail_subjects
left join eight on mail_subjects.thread = eight.message_id
left join eight as higher on eight.thread = higher.message_id
