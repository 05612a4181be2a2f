-- golden_values: what holds of each customer, attribute by attribute, and who said so.
-- Grain: one row per customer_id, attribute.
-- Reads: attribute_values.
with
    counted as (
        select customer_id, attribute, max(place) - 1 as loser_count
        from attribute_values
        group by customer_id, attribute
    )

select
    attribute_values.customer_id,
    attribute_values.attribute,
    attribute_values.value,
    attribute_values.source,
    attribute_values.event_id,
    attribute_values.seen_at,
    attribute_values.strategy,
    counted.loser_count
from attribute_values
join
    counted
    on attribute_values.customer_id = counted.customer_id
    and attribute_values.attribute = counted.attribute
where attribute_values.place = 1
