-- funnel_reached(steps, ...): who entered a funnel, when, and which of its steps they
-- reached.
-- Grain: one row per entry that counts and step it reached; customer_id, journey_number
-- and entry_position name the entry.
-- Reads: attribute_values, events, runs.
--
-- steps: names of touchpoints, kinds or stages; 'a|b' takes either. named :=
-- 'touchpoint',
-- 'kind' or 'stage' looks names up in that column alone.
-- A chain is one event for each step. Events stand in the one order of their customer
-- (position), whatever their instants; one event never serves two steps.
-- ordering := 'ordered': later steps by later events, anything may lie between.
-- 'strict': each
-- step is the very next event of the customer, of whatever kind. 'any': steps in any
-- order; the k-th row of the funnel is that any k are done. anchored := [1] keeps
-- step 1
-- before all others, the number of the last step keeps it behind all others, one in
-- between parts those before it from those after.
-- window_days: the last event is at most this long after the first one; exactly that
-- long is
-- within it. Null: no limit. step_days := [7, null]: step 2 within 7 days of step 1,
-- step 3
-- whenever. Whether a chain exists is asked, not whether the soonest events make one.
-- optional_steps := [2]: chains may leave step 2 out. Its row counts those who took
-- it before
-- they came to the next step that is not optional.
-- excluded := ['c']: no chain has such an event between its first and its last event,
-- or, with
-- excluded_between := [1, 2], between the events of these two steps. exclusion :=
-- 'keep'
-- leaves what came before in the funnel (Mixpanel). 'remove' takes whoever would have
-- come
-- further, or met the event in the time left for a next step, out altogether (PostHog).
-- hold := 'object_id' or 'property:name': all events of a chain have the same one;
-- those
-- without one are left out, and exclusions count for their own one.
-- counting := 'customers' and 'journeys': each once, by one entry. 'totals': every
-- entry; the
-- next one comes after the last step, after the window or after an exclusion.
-- reentry := 'first': the first entry, however far it comes. 'optimised', the
-- default: the
-- entry that comes furthest; of those the one first there; of those the one entered
-- last.
-- ties := 'steps' takes events of one instant in the order of their steps, exclusions
-- first.
-- entered_from, entered_until: entries from the one and before the other; later steps
-- may
-- follow outside. report_as_of: nothing later is seen; else the newest run's instant.
-- breakdown := a column of events, 'property:name', both of the event that enters, or
-- 'attribute:name': what was said last for the first time at or before the entry.
-- with_customers := false leaves out who it was and the breakdown; counting is
-- quicker so.
-- is_settled: the window was over at that instant, so nothing can follow. Without a
-- window all
-- entries are taken as settled.
create or replace macro funnel_reached(
    steps,
    window_days := 14,
    ordering := 'ordered',
    anchored := [],
    optional_steps := [],
    step_days := [],
    excluded := [],
    excluded_between := null,
    exclusion := 'keep',
    hold := null,
    counting := 'customers',
    reentry := null,
    ties := 'position',
    named := 'any',
    breakdown := null,
    entered_from := null,
    entered_until := null,
    report_as_of := null,
    with_customers := true
) as table
with recursive
    moves as materialized (
        select from_set, step, to_set, level, depth, step_us, is_guarded
        from funnel_moves(
            steps, ordering, anchored, optional_steps, step_days, excluded_between
        )
    ),

    as_of as (
        select
            epoch_us(
                coalesce(cast(report_as_of as timestamp), max(runs.as_of))
            ) as as_of_us
        from runs
        where
            funnel_checked(
                steps,
                ordering,
                anchored,
                optional_steps,
                step_days,
                excluded,
                excluded_between,
                exclusion,
                counting,
                reentry,
                ties,
                named
            )
    ),

    asked as (
        select generate_subscripts(steps, 1) as step, unnest(steps) as label
        union all
        -- Exclusions are step 0.
        select 0 as step, unnest(excluded) as label
    ),

    offers as (select step, unnest(string_split(label, '|')) as name from asked),

-- Few of all events: the names are constants, so that little is read of the others.
    wanted as (
        select
            customer_id,
            journey_number,
            position,
            epoch_us(occurred_at) as occurred_us,
            -- An event found twice over, as its touchpoint and its stage, is one all
            -- the same.
            unnest(
                case
                    when named = 'touchpoint'
                    then [touchpoint]
                    when named = 'kind'
                    then [kind]
                    when named = 'stage'
                    then [stage]
                    else [touchpoint, kind, stage]
                end
            ) as name,
            case
                when hold is null
                then ''
                when hold = 'object_id'
                then object_id
                else json_extract_string(
                        properties,
                        '/' || replace(replace(substr(hold, 10), '~', '~0'), '/', '~1')
                    )
            end as held,
            case
                when breakdown is null or starts_with(breakdown, 'attribute:')
                then null
                when starts_with(breakdown, 'property:')
                then json_extract_string(
                        properties,
                        '/' || replace(replace(substr(breakdown, 10), '~', '~0'), '/', '~1')
                    )
                when breakdown = 'channel'
                then channel
                when breakdown = 'source'
                then source
                when breakdown = 'kind'
                then kind
                when breakdown = 'label'
                then label
                when breakdown = 'touchpoint'
                then touchpoint
                when breakdown = 'stage'
                then stage
                when breakdown = 'actor'
                then actor
                when breakdown = 'direction'
                then direction
                when breakdown = 'device_kind'
                then device_kind
                when breakdown = 'object_kind'
                then object_kind
                when breakdown = 'attribution'
                then attribution
                else error('funnel: no breakdown by ' || breakdown)
            end as said
        from events
        where
            (
                (
                    named in ('any', 'touchpoint')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        touchpoint
                    )
                )
                or (
                    named in ('any', 'kind')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        kind
                    )
                )
                or (
                    named in ('any', 'stage')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        stage
                    )
                )
            )
            and (
                report_as_of is null or occurred_at <= cast(report_as_of as timestamp)
            )
    ),

-- Numbers in place of names. Two of ten million customers share one in one of
-- some hundred thousand questions.
    found as (
        select
            case
                when counting = 'customers'
                then hash(wanted.customer_id)
                when counting = 'journeys'
                then hash(wanted.customer_id, wanted.journey_number)
                else hash(wanted.customer_id, wanted.held)
            end as unit,
            case
                when hold is null and counting = 'journeys'
                then hash(wanted.customer_id, wanted.journey_number)
                when hold is null and counting = 'customers'
                then hash(wanted.customer_id)
                when counting = 'journeys'
                then hash(wanted.customer_id, wanted.journey_number, wanted.held)
                else hash(wanted.customer_id, wanted.held)
            end as lane,
            case when with_customers then wanted.customer_id end as customer_id,
            case when with_customers then wanted.journey_number end as journey_number,
            wanted.position,
            wanted.occurred_us,
            wanted.said,
            offers.step
        from wanted
        join offers on wanted.name = offers.name
        where
            wanted.held is not null
            and (counting <> 'journeys' or wanted.journey_number is not null)
    ),

    ranked as (
        select
            *,
            case
                when ties = 'steps'
                then min(step) over (partition by unit, position)
                else 0
            end as first_step
        from found
    ),

    placed as (
        select
            *,
            case
                when ties = 'steps'
                then
                    dense_rank() over (
                        partition by unit order by occurred_us, first_step, position
                    )
                else position
            end as place
        from ranked
    ),

-- The last exclusion before each event.
    guarded as materialized (
        select
            unit,
            lane,
            customer_id,
            journey_number,
            position,
            place,
            occurred_us,
            said,
            step,
            case
                when len(excluded) > 0
                then
                    max(case when step = 0 then place end) over (
                        partition by lane
                        order by place
                        range between unbounded preceding and 1 preceding
                    )
            end as place_before
        from placed
    ),

-- From each entry, the soonest event by which each set of steps can be done: it
-- leaves most room for the next. Not so where a window begins or an exclusion
-- ends at a later step; then every event counts. Free chains heed no exclusion.
    chains as (
        select
            guarded.unit,
            guarded.lane,
            guarded.place as entry_place,
            guarded.occurred_us as entered_us,
            heed.is_free,
            moves.to_set as steps_done,
            moves.level,
            moves.depth,
            guarded.place,
            guarded.occurred_us
        from guarded
        join moves on moves.step = guarded.step and moves.from_set = 0
        cross join (values (false), (true)) as heed(is_free)
        where
            (
                not heed.is_free
                or (
                    len(excluded) > 0
                    and exclusion = 'remove'
                    and counting <> 'totals'
                    and coalesce(reentry, 'optimised') = 'optimised'
                )
            )
            and guarded.occurred_us
            >= coalesce(epoch_us(cast(entered_from as timestamp)), guarded.occurred_us)
            and guarded.occurred_us < coalesce(
                epoch_us(cast(entered_until as timestamp)), guarded.occurred_us + 1
            )
        union all
        select
            chains.unit,
            chains.lane,
            chains.entry_place,
            chains.entered_us,
            chains.is_free,
            moves.to_set as steps_done,
            moves.level,
            moves.depth,
            min(guarded.place) as place,
            min(guarded.occurred_us) as occurred_us
        from chains
        join moves on chains.steps_done = moves.from_set
        join
            guarded
            on chains.lane = guarded.lane
            and moves.step = guarded.step
            and chains.place < guarded.place
        where
            (
                window_days is null
                or guarded.occurred_us - chains.entered_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
            and (
                len(step_days) = 0
                or moves.step_us is null
                or guarded.occurred_us - chains.occurred_us <= moves.step_us
            )
            and (ordering <> 'strict' or guarded.place = chains.place + 1)
            and (
                len(excluded) = 0
                or chains.is_free
                or not moves.is_guarded
                or guarded.place_before is null
                or guarded.place_before <= chains.place
            )
        group by
            chains.unit,
            chains.lane,
            chains.entry_place,
            chains.entered_us,
            chains.is_free,
            moves.to_set,
            moves.level,
            moves.depth,
            case
                when len(step_days) > 0 or excluded_between is not null
                then guarded.place
            end
    ),

-- How far each entry comes at most, and the soonest event that is there.
    entries as materialized (
        select
            unit,
            entry_place,
            is_free,
            min(lane) as lane,
            min(entered_us) as entered_us,
            max(depth) as depth,
            max(depth) = len(steps) - len(optional_steps) as is_converted,
            min(place - depth * 1000000000000)
            + max(depth) * 1000000000000 as last_place,
            -- Of the levels of one depth the last: they differ by optional steps.
            max(depth * 100 + level) % 100 as last_level
        from chains
        group by unit, entry_place, is_free
    ),

-- Exclusions met while there was time left for a next step.
    cuts as (
        select entries.unit, entries.entry_place, min(guarded.place) as cut_place
        from entries
        join
            guarded
            on entries.lane = guarded.lane
            and entries.last_place < guarded.place
            and guarded.step = 0
        where
            len(excluded) > 0
            and not entries.is_free
            and not entries.is_converted
            and (
                excluded_between is null
                or (
                    entries.last_level >= excluded_between[1]
                    and entries.last_level < excluded_between[2]
                )
            )
            and (
                window_days is null
                or guarded.occurred_us - entries.entered_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
        group by entries.unit, entries.entry_place
    ),

    weighed as materialized (
        select
            entries.unit,
            entries.entry_place,
            entries.is_free,
            entries.entered_us,
            entries.depth,
            entries.is_converted,
            entries.last_place,
            cuts.cut_place is not null and not entries.is_free as is_cut,
            -- The next entry of totals comes after this event, or after this instant.
            case
                when entries.is_converted
                then entries.last_place
                else coalesce(cuts.cut_place, 9000000000000000000)
            end as end_place,
            case
                when
                    entries.is_converted
                    or cuts.cut_place is not null
                    or window_days is null
                then 9000000000000000000
                else
                    entries.entered_us
                    + cast(round(window_days * 86400000000) as bigint)
            end as end_us
        from entries
        left join
            cuts
            on entries.unit = cuts.unit
            and entries.entry_place = cuts.entry_place
    ),

-- The entry by which a customer or journey counts has the smallest number: the
-- entry's place; or depth in 6 bits, cut in 1, last place in 28 and entry's place
-- in 28, the deepest and, of equals, the last entry having the smallest.
    contested as (
        select
            unit,
            is_free,
            min(
                case
                    when reentry = 'first'
                    then entry_place
                    else
                        (
                            ((63 - depth) * 2 + cast(is_cut as bigint)) * 268435456
                            + last_place
                        ) * 268435456
                        + 268435455
                        - entry_place
                end
            ) as standing
        from weighed
        where counting <> 'totals'
        group by unit, is_free
    ),

    chosen as (
        select
            unit,
            is_free,
            case
                when reentry = 'first'
                then standing
                else 268435455 - standing % 268435456
            end as entry_place
        from contested
    ),

    compared as (
        select
            weighed.unit,
            weighed.is_free,
            weighed.entry_place,
            weighed.depth,
            weighed.is_cut,
            weighed.is_converted
        from chosen
        join
            weighed
            on chosen.unit = weighed.unit
            and chosen.is_free = weighed.is_free
            and chosen.entry_place = weighed.entry_place
    ),

    removed as (
        select unit
        from compared
        where exclusion = 'remove' and len(excluded) > 0
        group by unit
        having
            bool_or(is_cut)
            or max(case when is_free then depth end)
            > max(case when not is_free then depth end)
    ),

    repeated as (
        select
            unit,
            min(entry_place) as entry_place,
            arg_min(end_place, entry_place) as end_place,
            arg_min(end_us, entry_place) as end_us
        from weighed
        where counting = 'totals'
        group by unit
        union all
        select
            weighed.unit,
            min(weighed.entry_place) as entry_place,
            arg_min(weighed.end_place, weighed.entry_place) as end_place,
            arg_min(weighed.end_us, weighed.entry_place) as end_us
        from repeated
        join
            weighed
            on repeated.unit = weighed.unit
            and repeated.entry_place < weighed.entry_place
        where
            weighed.entry_place > repeated.end_place
            or weighed.entered_us > repeated.end_us
        group by weighed.unit
    ),

    counted as (
        select compared.unit, compared.entry_place, compared.is_converted
        from compared
        where
            not compared.is_free
            and compared.unit not in (select removed.unit from removed)
        union all
        select weighed.unit, weighed.entry_place, weighed.is_converted
        from repeated
        join
            weighed
            on repeated.unit = weighed.unit
            and repeated.entry_place = weighed.entry_place
        where exclusion <> 'remove' or not weighed.is_cut
    ),

    came as (
        select
            counted.unit,
            counted.entry_place,
            counted.is_converted,
            chains.level,
            chains.entered_us,
            min(chains.place) as place,
            min(chains.occurred_us) as occurred_us
        from counted
        join
            chains
            on counted.unit = chains.unit
            and counted.entry_place = chains.entry_place
        where not chains.is_free
        group by
            counted.unit,
            counted.entry_place,
            counted.is_converted,
            chains.level,
            chains.entered_us
    ),

    followed as (
        select
            *,
            case
                when len(optional_steps) > 0
                then
                    min(
                        case when not list_contains(optional_steps, level) then place end
                    ) over (
                        partition by unit, entry_place
                        order by level
                        rows between 1 following and unbounded following
                    )
            end as next_place
        from came
    ),

-- An optional step is on the way until the next one that is not is reached.
    reached as materialized (
        select unit, entry_place, is_converted, level, entered_us, occurred_us
        from followed
        where
            len(optional_steps) = 0
            or not list_contains(optional_steps, level)
            or next_place is null
            or place < next_place
    ),

    first_said as (
        select customer_id, epoch_us(first_seen_at) as said_us, arg_min(value, place) as value
        from attribute_values
        where
            starts_with(breakdown, 'attribute:') and attribute = substr(breakdown, 11)
        group by customer_id, first_seen_at
    ),

-- One row an event, also of those that could be several steps.
    entering as (
        select
            counted.unit,
            counted.entry_place,
            any_value(guarded.customer_id) as customer_id,
            any_value(guarded.journey_number) as journey_number,
            any_value(guarded.position) as position,
            coalesce(
                any_value(guarded.said), arg_max(first_said.value, first_said.said_us)
            ) as said
        from counted
        join
            guarded
            on counted.unit = guarded.unit
            and counted.entry_place = guarded.place
            and with_customers
        left join
            first_said
            on guarded.customer_id = first_said.customer_id
            and guarded.occurred_us >= first_said.said_us
        group by counted.unit, counted.entry_place
    ),

    levels as (
        select
            level,
            max(case when not list_contains(optional_steps, level) then level end) over (
                order by level rows between unbounded preceding and 1 preceding
            ) as previous_level
        from (select distinct level from moves)
    )

select
    entering.customer_id,
    entering.journey_number,
    entering.position as entry_position,
    make_timestamp(reached.entered_us) as entered_at,
    case
        when breakdown is null then '(all)' else coalesce(entering.said, '(none)')
    end as segment,
    reached.level as step,
    make_timestamp(reached.occurred_us) as reached_at,
    (reached.occurred_us - reached.entered_us) / 3600000000e0 as reached_hours,
    (reached.occurred_us - previous.occurred_us) / 3600000000e0 as step_hours,
    reached.is_converted,
    window_days is null
    or as_of.as_of_us - reached.entered_us
    > cast(round(window_days * 86400000000) as bigint) as is_settled
from reached
cross join as_of
join levels on reached.level = levels.level
left join
    entering
    on reached.unit = entering.unit
    and reached.entry_place = entering.entry_place
left join
    reached as previous
    on reached.unit = previous.unit
    and reached.entry_place = previous.entry_place
    and levels.previous_level = previous.level
