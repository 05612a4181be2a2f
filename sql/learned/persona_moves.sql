-- persona_moves: every step of a customer from one touchpoint to another one.
-- Grain: one row per customer_id, position of the touchpoint that it leads to.
-- Reads: journey_events.
-- (start) leads to the first touchpoint of each journey. A touchpoint that follows
-- itself is no step: how long people stay somewhere is another question. Where a
-- journey stops is none either: it may go on tomorrow, and so personas can be asked for
-- how their journeys come out.
with
    moved as (
        select
            customer_id,
            position,
            coalesce(lag(touchpoint) over way, '(start)') as from_name,
            touchpoint as to_name
        from journey_events
        where journey_number is not null
        window way as (partition by customer_id, journey_number order by position)
    )

select customer_id, position, from_name, to_name
from moved
where from_name <> to_name
