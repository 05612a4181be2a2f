-- funnel_reached(steps, ...): who entered a funnel, when, and which of its steps they
-- reached.
-- Grain: one row per entry that counts and step it reached; customer_id, journey_number
-- and entry_position name the entry.
-- Reads: attribute_values, customer_numbers, event_descriptions, events,
-- numbered_events, runs, stages, touchpoints.
--
-- steps: names of touchpoints, kinds or stages; 'a|b' takes either.
-- named := 'touchpoint', 'kind' or 'stage' looks names up in that column alone.
-- A chain is one event for each step. Events stand in the one order of their customer
-- (position), whatever their instants; one event never serves two steps.
-- ordering := 'ordered': later steps by later events, anything may lie between.
-- 'strict': each step is the very next event of the customer, of whatever kind. 'any':
-- steps in any order; the k-th row of the funnel is that any k are done. anchored :=
-- [1] keeps step 1 before all others, the number of the last step keeps it behind all
-- others, one in between parts those before it from those after.
-- window_days: the last event is at most this long after the first one; exactly that
-- long is within it. Null: no limit. step_days := [7, null]: step 2 within 7 days of
-- step 1, step 3 whenever. Whether a chain exists is asked, not whether the soonest
-- events make one.
-- optional_steps := [2]: chains may leave step 2 out. Its row counts those who took it
-- before they came to the next step that is not optional.
-- excluded := ['c']: no chain has such an event between its first and its last event,
-- or, with excluded_between := [1, 2], between the events of these two steps.
-- exclusion := 'keep' leaves what came before in the funnel (Mixpanel). 'remove' takes
-- whoever would have come further, or met the event in the time left for a next step,
-- out altogether (PostHog).
-- hold := 'object_id' or 'property:name': all events of a chain have the same one;
-- those without one are left out, and exclusions count for their own one.
-- counting := 'customers' and 'journeys': each once, by one entry. 'totals': every
-- entry; the next one comes after the last step, after the window or after an
-- exclusion.
-- reentry := 'first': the first entry, however far it comes. 'optimised', the default:
-- the entry that comes furthest; of those the one first there; of those the one
-- entered last.
-- ties := 'steps' takes events of one instant in the order of their steps, exclusions
-- first.
-- entered_from, entered_until: entries from the one and before the other; later steps
-- may follow outside. report_as_of: nothing later is seen; else the newest run's
-- instant.
-- breakdown := a column of events, 'property:name', both of the event that enters, or
-- 'attribute:name': what was said last for the first time at or before the entry.
-- with_customers := false leaves out who it was and the breakdown; counting is quicker
-- so. is_settled: the window was over at that instant, so nothing can follow. Without
-- a window all entries are taken as settled.
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
                window_days,
                ordering,
                anchored,
                optional_steps,
                step_days,
                excluded,
                excluded_between,
                exclusion,
                hold,
                counting,
                reentry,
                ties,
                named
            )
    ),

    asked as (
        select generate_subscripts(steps, 1) as step, coalesce(unnest(steps), 'null') as label
        union all
        -- Exclusions are step 0.
        select 0 as step, unnest(excluded) as label
    ),

-- A name that nothing bears would be a step that everybody is lost at.
    known as materialized (
        select touchpoint as name from touchpoints
        union
        select stage as name from stages
        union
        select kind as name from event_descriptions
    ),

    offered_names as (
        select step, unnest(string_split(label, '|')) as name from asked
    ),

    offers as (
        select
            offered_names.step,
            case
                when known.name is null
                then
                    error(
                        'funnel: no touchpoint, stage or kind is named '
                        || coalesce(offered_names.name, 'null')
                        || '; see the tables touchpoints and stages'
                    )
                else known.name
            end as name
        from offered_names
        left join known on offered_names.name = known.name
    ),

-- What serves as which step. An event found twice over, as its touchpoint and its
-- stage, is one all the same.
    serving as (
        select
            event_descriptions.description_number,
            offers.step,
            count(*) over (
                partition by event_descriptions.description_number
            ) as step_count
        from event_descriptions
        join
            offers
            on (
                named in ('any', 'touchpoint')
                and event_descriptions.touchpoint = offers.name
            )
            or (named in ('any', 'kind') and event_descriptions.kind = offers.name)
            or (named in ('any', 'stage') and event_descriptions.stage = offers.name)
        group by event_descriptions.description_number, offers.step
    ),

-- Of events alike with no other between them: chains that begin with one begin as
-- well with the last, which leaves more time, and without a second step the first
-- counts; chains that go on by one go on as well by the first. Not so where a
-- window or a report parts them, or where it matters what else lies between.
    thinned as (
        select
            description_number,
            step,
            step_count = 1
            and (step = 1 or ordering = 'any')
            and len(excluded) = 0
            and hold is null
            and counting <> 'totals'
            and ties = 'position'
            and entered_from is null
            and entered_until is null
            and report_as_of is null
            as is_entered_at_ends,
            step_count = 1
            and (step > 1 or coalesce(reentry, 'optimised') = 'first')
            and len(excluded) = 0
            and len(step_days) = 0
            and hold is null
            and ordering <> 'any'
            and counting <> 'totals'
            and ties = 'position'
            and entered_from is null
            as is_reached_first
        from serving
    ),

-- Rows within runs that add nothing stand together, and are not read.
    offered as materialized (
        select
            thinned.description_number,
            thinned.step,
            thinned.is_entered_at_ends,
            thinned.is_reached_first,
            runs_within.is_inner
        from thinned
        cross join (values (false), (true)) as runs_within(is_inner)
        where
            not (
                runs_within.is_inner
                and (thinned.is_entered_at_ends or thinned.is_reached_first)
            )
    ),

-- What only the events themselves say. Few of all: the names are constants, so that
-- little is read of the others.
    told as (
        select
            customer_numbers.customer_number,
            events.position,
            case
                when hold = 'object_id'
                then events.object_id
                when hold is not null
                then json_extract_string(
                        events.properties,
                        '/' || replace(replace(substr(hold, 10), '~', '~0'), '/', '~1')
                    )
            end as held,
            case
                when starts_with(breakdown, 'property:')
                then json_extract_string(
                        events.properties,
                        '/' || replace(replace(substr(breakdown, 10), '~', '~0'), '/', '~1')
                    )
                when breakdown = 'label'
                then events.label
                when breakdown = 'direction'
                then events.direction
                when breakdown = 'object_kind'
                then events.object_kind
            end as said
        from events
        join customer_numbers on events.customer_id = customer_numbers.customer_id
        where
            (
                hold is not null
                or starts_with(breakdown, 'property:')
                or breakdown in ('label', 'direction', 'object_kind')
            )
            and (
                (
                    named in ('any', 'touchpoint')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        events.touchpoint
                    )
                )
                or (
                    named in ('any', 'kind')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        events.kind
                    )
                )
                or (
                    named in ('any', 'stage')
                    and list_contains(
                        string_split(
                            array_to_string(list_concat(steps, excluded), '|'), '|'
                        ),
                        events.stage
                    )
                )
            )
    ),

-- Numbers in place of names. Two held values of ten million share one in one of
-- some hundred thousand questions.
    met as (
        select
            case
                when counting = 'journeys'
                then
                    cast(numbered_events.customer_number as bigint) * 4294967296
                    + numbered_events.journey_number
                else cast(numbered_events.customer_number as bigint)
            end as own,
            told.held,
            numbered_events.customer_number,
            numbered_events.journey_number,
            cast(numbered_events.position as bigint) as position,
            numbered_events.occurred_us,
            numbered_events.description_number,
            offered.step,
            offered.is_entered_at_ends and numbered_events.is_repeated as is_followed
        from numbered_events
        join
            offered
            on numbered_events.description_number = offered.description_number
            and numbered_events.is_inner = offered.is_inner
        left join
            told
            on hold is not null
            and numbered_events.customer_number = told.customer_number
            and numbered_events.position = told.position
        where
            (hold is null or told.held is not null)
            and not (offered.is_reached_first and numbered_events.is_repeat)
            and (
                counting <> 'journeys' or numbered_events.journey_number is not null
            )
            and (
                report_as_of is null
                or numbered_events.occurred_us
                <= epoch_us(cast(report_as_of as timestamp))
            )
    ),

-- Events of one lane may follow each other; all lanes of one unit count once.
    laned as (
        select
            *,
            case
                when hold is null
                then own
                else cast(hash(own, held) >> cast(1 as ubigint) as bigint)
            end as lane
        from met
    ),

    found as (
        select *, case when counting = 'totals' then lane else own end as unit
        from laned
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

    seen as (
        select
            unit,
            lane,
            case when with_customers then customer_number end as customer_number,
            case when with_customers then journey_number end as journey_number,
            case when with_customers then position end as position,
            place,
            occurred_us,
            case when with_customers then description_number end as description_number,
            step,
            is_followed
        from placed
    ),

    excluding as (
        select distinct lane
        from seen
        where len(excluded) > 0 and step = 0
    ),

-- The last exclusion before each event. Lanes without one need no order.
    guarded as materialized (
        select *, cast(null as bigint) as place_before
        from seen
        where lane not in (select excluding.lane from excluding)
        union all
        select
            *,
            max(case when step = 0 then place end) over (
                partition by lane
                order by place
                range between unbounded preceding and 1 preceding
            ) as place_before
        from seen
        where lane in (select excluding.lane from excluding)
    ),

-- Where steps have but one order and nothing else to heed, the soonest event of each
-- next step leaves most room for those after it.
    entrances as (
        select unit, place, occurred_us, is_followed
        from guarded
        where
            funnel_is_plain(
                ordering, optional_steps, step_days, excluded, hold, counting
            )
            and step = 1
            and (
                entered_from is null
                or occurred_us >= epoch_us(cast(entered_from as timestamp))
            )
            and (
                entered_until is null
                or occurred_us < epoch_us(cast(entered_until as timestamp))
            )
    ),

    firsts as (
        select unit, min(place) as place, min(occurred_us) as occurred_us
        from entrances
        group by unit
    ),

    starts as (
        select unit, place, occurred_us
        from entrances
        where coalesce(reentry, 'optimised') = 'optimised' and not is_followed
        union all
        select unit, place, occurred_us
        from firsts
        where reentry = 'first'
    ),

-- Of entries before one and the same event of step 2 the last comes as far as any, and
-- has most time left. Where step 2 is the last, the first event of it is all that
-- counts. Both have the smallest number: place in front of 28 bits of the entry's.
    paired as (
        select
            starts.unit,
            starts.occurred_us as entered_us,
            guarded.place as next_place,
            guarded.occurred_us as next_us,
            guarded.place * 268435456 + 268435455 - starts.place as pair
        from starts
        join
            guarded
            on starts.unit = guarded.unit
            and guarded.step = 2
            and starts.place < guarded.place
        where
            (
                window_days is null
                or guarded.occurred_us - starts.occurred_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
            and (ordering <> 'strict' or guarded.place = starts.place + 1)
    ),

    nearest as (
        select
            unit,
            min(pair) >> 28 as next_place,
            min(next_us) as next_us,
            268435455 - min(pair) % 268435456 as place,
            arg_min(entered_us, pair) as occurred_us
        from paired
        group by unit, case when len(steps) > 2 then next_place end
    ),

    onward as (
        select
            unit,
            place as entry_place,
            occurred_us as entered_us,
            cast(2 as bigint) as level,
            next_place as place,
            next_us as occurred_us,
            occurred_us as previous_us
        from nearest
        union all
        select
            onward.unit,
            onward.entry_place,
            min(onward.entered_us) as entered_us,
            min(guarded.step) as level,
            min(guarded.place) as place,
            min(guarded.occurred_us) as occurred_us,
            min(onward.occurred_us) as previous_us
        from onward
        join
            guarded
            on onward.unit = guarded.unit
            and onward.level + 1 = guarded.step
            and guarded.step > 2
            and onward.place < guarded.place
        where
            (
                window_days is null
                or guarded.occurred_us - onward.entered_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
            and (ordering <> 'strict' or guarded.place = onward.place + 1)
        group by onward.unit, onward.entry_place
    ),

-- Where no entry comes further, the first one counts.
    ways as (
        select unit, entry_place, entered_us, level, place, occurred_us, previous_us
        from onward
        union all
        select
            unit,
            place as entry_place,
            occurred_us as entered_us,
            1 as level,
            place,
            occurred_us,
            null as previous_us
        from firsts
    ),

-- The way by which a customer or journey counts has the smallest number: the entry's
-- place in front of what is left of 63 steps; or these in 6 bits, last place in 28 and
-- entry's place in 28, the deepest and, of equals, the last entry having the smallest.
    standings as (
        select
            unit,
            min(
                case
                    when reentry = 'first'
                    then entry_place * 64 + 63 - level
                    else
                        ((63 - level) * 268435456 + place) * 268435456
                        + 268435455
                        - entry_place
                end
            ) as standing
        from ways
        group by unit
    ),

    taken as (
        select
            unit,
            case
                when reentry = 'first'
                then standing >> 6
                else 268435455 - standing % 268435456
            end as entry_place,
            case
                when reentry = 'first'
                then 63 - standing % 64
                else 63 - (standing >> 56)
            end
            = len(steps) as is_converted
        from standings
    ),

-- Nothing where the ways tell it all: then no chain is looked for.
    heeded as (
        select *
        from guarded
        where
            not funnel_is_plain(
                ordering, optional_steps, step_days, excluded, hold, counting
            )
    ),

-- From each entry, the soonest event by which each set of steps can be done: it
-- leaves most room for the next. Not so where a window begins or an exclusion
-- ends at a later step; then every event counts. Free chains heed no exclusion.
-- What is done is never nothing after the entry: said to keep entering moves out.
    chains as (
        select
            heeded.unit,
            heeded.lane,
            heeded.place as entry_place,
            heeded.occurred_us as entered_us,
            heed.is_free,
            moves.to_set as steps_done,
            moves.level,
            moves.depth,
            heeded.place,
            heeded.occurred_us
        from heeded
        join moves on moves.step = heeded.step and moves.from_set = 0
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
            and heeded.occurred_us
            >= coalesce(epoch_us(cast(entered_from as timestamp)), heeded.occurred_us)
            and heeded.occurred_us < coalesce(
                epoch_us(cast(entered_until as timestamp)), heeded.occurred_us + 1
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
            min(heeded.place) as place,
            min(heeded.occurred_us) as occurred_us
        from chains
        join moves on chains.steps_done = moves.from_set and moves.from_set > 0
        join
            heeded
            on chains.lane = heeded.lane
            and moves.step = heeded.step
            and chains.place < heeded.place
        where
            (
                window_days is null
                or heeded.occurred_us - chains.entered_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
            and (
                len(step_days) = 0
                or moves.step_us is null
                or heeded.occurred_us - chains.occurred_us <= moves.step_us
            )
            and (ordering <> 'strict' or heeded.place = chains.place + 1)
            and (
                len(excluded) = 0
                or chains.is_free
                or not moves.is_guarded
                or heeded.place_before is null
                or heeded.place_before <= chains.place
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
                then heeded.place
            end
    ),

-- Of entries that come no further only a first one can count, unless each is one of
-- its own, an exclusion may meet it, or an optional step comes as far as it did.
    competing as (
        select unit, lane, entry_place, entered_us, is_free, level, depth, place
        from chains
        where
            level > 1
            or counting = 'totals'
            or len(excluded) > 0
            or len(optional_steps) > 0
        union all
        select
            unit,
            min(lane) as lane,
            min(place) as entry_place,
            min(occurred_us) as entered_us,
            false as is_free,
            1 as level,
            1 as depth,
            min(place) as place
        from chains
        where
            level = 1
            and counting <> 'totals'
            and len(excluded) = 0
            and len(optional_steps) = 0
        group by unit
    ),

-- How far each entry comes at most, and the soonest event that is there.
    furthest as materialized (
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
        from competing
        group by unit, entry_place, is_free
    ),

-- Exclusions met while there was time left for a next step.
    cuts as (
        select furthest.unit, furthest.entry_place, min(heeded.place) as cut_place
        from furthest
        join
            heeded
            on furthest.lane = heeded.lane
            and furthest.last_place < heeded.place
            and heeded.step = 0
        where
            len(excluded) > 0
            and not furthest.is_free
            and not furthest.is_converted
            and (
                excluded_between is null
                or (
                    furthest.last_level >= excluded_between[1]
                    and furthest.last_level < excluded_between[2]
                )
            )
            and (
                window_days is null
                or heeded.occurred_us - furthest.entered_us
                <= cast(round(window_days * 86400000000) as bigint)
            )
        group by furthest.unit, furthest.entry_place
    ),

    weighed as materialized (
        select
            furthest.unit,
            furthest.entry_place,
            furthest.is_free,
            furthest.entered_us,
            furthest.depth,
            furthest.is_converted,
            furthest.last_place,
            cuts.cut_place is not null and not furthest.is_free as is_cut,
            -- The next entry of totals comes after this event, or after this instant.
            case
                when furthest.is_converted
                then furthest.last_place
                else coalesce(cuts.cut_place, 9000000000000000000)
            end as end_place,
            case
                when
                    furthest.is_converted
                    or cuts.cut_place is not null
                    or window_days is null
                then 9000000000000000000
                else
                    furthest.entered_us
                    + cast(round(window_days * 86400000000) as bigint)
            end as end_us
        from furthest
        left join
            cuts
            on furthest.unit = cuts.unit
            and furthest.entry_place = cuts.entry_place
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
            weighed.entered_us,
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
            counting = 'totals'
            and (
                weighed.entry_place > repeated.end_place
                or weighed.entered_us > repeated.end_us
            )
        group by weighed.unit
    ),

    counted as (
        select
            compared.unit,
            compared.entry_place,
            compared.entered_us,
            compared.is_converted
        from compared
        where
            not compared.is_free
            and compared.unit not in (select removed.unit from removed)
        union all
        select
            weighed.unit, weighed.entry_place, weighed.entered_us, weighed.is_converted
        from repeated
        join
            weighed
            on repeated.unit = weighed.unit
            and repeated.entry_place = weighed.entry_place
        where exclusion <> 'remove' or not weighed.is_cut
    ),

    came as (
        select
            unit,
            entry_place,
            is_converted,
            1 as level,
            entered_us,
            entry_place as place,
            entered_us as occurred_us
        from counted
        union all
        select
            counted.unit,
            counted.entry_place,
            counted.is_converted,
            chains.level,
            counted.entered_us,
            min(chains.place) as place,
            min(chains.occurred_us) as occurred_us
        from counted
        join
            chains
            on counted.unit = chains.unit
            and counted.entry_place = chains.entry_place
            and chains.level > 1
        where not chains.is_free
        group by
            counted.unit,
            counted.entry_place,
            counted.is_converted,
            chains.level,
            counted.entered_us
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
    kept as (
        select unit, entry_place, is_converted, level, entered_us, occurred_us
        from followed
        where
            len(optional_steps) = 0
            or not list_contains(optional_steps, level)
            or next_place is null
            or place < next_place
    ),

    levels as (
        select
            level,
            max(case when not list_contains(optional_steps, level) then level end) over (
                order by level rows between unbounded preceding and 1 preceding
            ) as previous_level
        from (select distinct level from moves)
    ),

    gone as (
        select
            taken.unit,
            taken.entry_place,
            taken.is_converted,
            ways.level,
            min(ways.entered_us) as entered_us,
            min(ways.occurred_us) as occurred_us,
            min(ways.previous_us) as previous_us
        from taken
        join
            ways
            on taken.unit = ways.unit
            and taken.entry_place = ways.entry_place
        group by taken.unit, taken.entry_place, taken.is_converted, ways.level
    ),

    reached as (
        select
            unit,
            entry_place,
            is_converted,
            level,
            entered_us,
            occurred_us,
            previous_us
        from gone
        where level > 1
        union all
        select
            unit,
            entry_place,
            is_converted,
            1 as level,
            min(entered_us) as entered_us,
            min(entered_us) as occurred_us,
            null as previous_us
        from gone
        group by unit, entry_place, is_converted
        union all
        select
            kept.unit,
            kept.entry_place,
            kept.is_converted,
            kept.level,
            kept.entered_us,
            kept.occurred_us,
            previous.occurred_us as previous_us
        from kept
        join levels on kept.level = levels.level
        left join
            kept as previous
            on kept.unit = previous.unit
            and kept.entry_place = previous.entry_place
            and levels.previous_level = previous.level
    ),

-- One row an event, also of those that could be several steps.
    entering as (
        select
            counted.unit,
            counted.entry_place,
            min(guarded.customer_number) as customer_number,
            min(guarded.journey_number) as journey_number,
            min(guarded.position) as position,
            min(guarded.description_number) as description_number,
            min(guarded.occurred_us) as occurred_us
        from
            (
                select unit, entry_place
                from counted
                union all
                select unit, entry_place
                from taken
            ) as counted
        join
            guarded
            on counted.unit = guarded.unit
            and counted.entry_place = guarded.place
        where with_customers
        group by counted.unit, counted.entry_place
    ),

    first_said as (
        select
            customer_numbers.customer_number,
            epoch_us(attribute_values.first_seen_at) as said_us,
            arg_min(attribute_values.value, attribute_values.place) as value
        from attribute_values
        join
            customer_numbers
            on attribute_values.customer_id = customer_numbers.customer_id
        where
            starts_with(breakdown, 'attribute:')
            and attribute_values.attribute = substr(breakdown, 11)
        group by customer_numbers.customer_number, attribute_values.first_seen_at
    ),

    last_said as (
        select
            entering.unit,
            entering.entry_place,
            arg_max(first_said.value, first_said.said_us) as value
        from entering
        join
            first_said
            on entering.customer_number = first_said.customer_number
            and entering.occurred_us >= first_said.said_us
        group by entering.unit, entering.entry_place
    ),

    introduced as (
        select
            entering.unit,
            entering.entry_place,
            customer_numbers.customer_id,
            entering.journey_number,
            entering.position,
            case
                when breakdown is null
                then null
                when starts_with(breakdown, 'attribute:')
                then last_said.value
                when
                    starts_with(breakdown, 'property:')
                    or breakdown in ('label', 'direction', 'object_kind')
                then told.said
                when breakdown = 'channel'
                then event_descriptions.channel
                when breakdown = 'source'
                then event_descriptions.source
                when breakdown = 'kind'
                then event_descriptions.kind
                when breakdown = 'touchpoint'
                then event_descriptions.touchpoint
                when breakdown = 'stage'
                then event_descriptions.stage
                when breakdown = 'actor'
                then event_descriptions.actor
                when breakdown = 'device_kind'
                then event_descriptions.device_kind
                when breakdown = 'attribution'
                then event_descriptions.attribution
                else error('funnel: no breakdown by ' || breakdown)
            end as said
        from entering
        join
            customer_numbers
            on entering.customer_number = customer_numbers.customer_number
        join
            event_descriptions
            on entering.description_number = event_descriptions.description_number
        left join
            last_said
            on entering.unit = last_said.unit
            and entering.entry_place = last_said.entry_place
        left join
            told
            on breakdown is not null
            and entering.customer_number = told.customer_number
            and entering.position = told.position
    )

select
    introduced.customer_id,
    introduced.journey_number,
    introduced.position as entry_position,
    make_timestamp(reached.entered_us) as entered_at,
    case
        when breakdown is null then '(all)' else coalesce(introduced.said, '(none)')
    end as segment,
    reached.level as step,
    make_timestamp(reached.occurred_us) as reached_at,
    (reached.occurred_us - reached.entered_us) / 3600000000e0 as reached_hours,
    (reached.occurred_us - reached.previous_us) / 3600000000e0 as step_hours,
    reached.is_converted,
    window_days is null
    or as_of.as_of_us - reached.entered_us
    > cast(round(window_days * 86400000000) as bigint) as is_settled
from reached
cross join as_of
left join
    introduced
    on reached.unit = introduced.unit
    and reached.entry_place = introduced.entry_place
