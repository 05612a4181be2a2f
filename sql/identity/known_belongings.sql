-- known_belongings: who was whose when last published, as one number each.
-- Grain: one row per identifier of a customer.
-- Reads: previous_identifiers.
select belonging from previous_identifiers
