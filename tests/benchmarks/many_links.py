"""Landed identifiers of as many people as it takes to make so many links between them."""

from math import gcd
from pathlib import Path

import duckdb

# Of one person on average: an account with an address, 2.2 browsers that logged in, 0.6 orders,
# and two links of a CRM contact with an address and a telephone for 4 of 10.
LINKS_PER_PERSON = 4.6
NIGHTS = 30
# The landed identifiers of one person's turn: what an event names, in one list.
NAMED = {
    "sign_up": "list_value(account, email)",
    "login_0": "list_value(cookie, account)",
    "login_1": "list_value(cookie, account)",
    "order_0": "list_value(email, {'namespace': 'order', 'value': 'LK-' || (70000000 + person)})",
    "contact": "list_value(contact, email, phone)",
    "visit_0": "list_value(cookie)",
    "login_2": "list_value(cookie, account)",
    "again_0": "list_value(cookie, account)",
    "again_1": "list_value(cookie, account)",
    "visit_1": "list_value(cookie)",
    "login_3": "list_value(cookie, account)",
}
# How many of a hundred people have each; where it is not all.
SHARE = {
    "login_1": 70,
    "order_0": 60,
    "contact": 40,
    "login_2": 35,
    "login_3": 15,
    "again_0": 40,
    "again_1": 20,
    "visit_1": 50,
}
TURN = """
    with
        people as (
            select
                -- A stride without a common factor: neighbours in the file are strangers.
                (i * {stride} + {turn} * 1013) % {people} as person,
                ({turn} + i / {people}) / {turns} as progress
            from range({people}) as numbers(i)
        ),
        events as (
            select
                person,
                cast(md5('event ' || person || ' {name}') as uuid)::varchar as event_id,
                timestamp '2024-01-01'
                    + to_seconds(cast(progress * 63000000 + hash(person) % 80000 as bigint))
                    + to_microseconds(cast(hash(person, {turn}) % 1000000 as bigint))
                    as occurred_at,
                cast(1 + floor(progress * {nights}) as integer) as night,
                {{'namespace': 'user_id', 'value': 'U' || (10000000 + person)}} as account,
                {{
                    'namespace': 'email',
                    -- Some give an address that names nobody, and a few share one.
                    'value': case
                        when person % 5003 = 7 then 'test@test.com'
                        else 'person.' || (person - (person % 997 = 3)::int) || '@mail'
                            || person % 7 || '.example'
                    end
                }} as email,
                {{'namespace': 'hubspot_contact', 'value': '' || (3000000 + person)}} as contact,
                {{'namespace': 'phone', 'value': '+4479' || (10000000 + person)}} as phone,
                {{
                    'namespace': 'anonymous_id',
                    'value': cast(md5('cookie ' || case
                        -- Twenty people to a kiosk, two to a browser at home.
                        when person % 2003 = 5 then 'k' || person // 40060
                        when person % 211 = 9 then 'h' || person // 422
                        else {browser} || ' ' || person
                    end) as uuid)::varchar
                }} as cookie
            from people
            where hash(person, 'share of {name}') % 100 < {share}
        ),
        named as (
            select
                event_id, occurred_at, night, unnest({named}) as identifier
            from events
        )
    select
        event_id,
        '{source}' as source,
        identifier.namespace as namespace,
        identifier.value as value,
        'actor' as role,
        {is_login} as is_authenticated,
        false as is_merge,
        false as is_machine,
        occurred_at,
        occurred_at as known_at,
        night
    from named
"""


def write(target: Path, link_count: int) -> None:
    """Write landed identifiers that make about so many links, as Parquet files in `target`."""
    people = max(1000, round(link_count / LINKS_PER_PERSON))
    parts = [
        TURN.format(
            name=name,
            turn=turn,
            turns=len(NAMED),
            people=people,
            stride=_stride(people),
            nights=NIGHTS,
            browser=int(name[-1]) if name[-1].isdigit() else 0,
            share=SHARE.get(name, 100),
            named=named,
            is_login=str(name.startswith(("login", "again", "sign"))).lower(),
            source={"order_0": "shop", "contact": "hubspot"}.get(name, "web"),
        )
        for turn, (name, named) in enumerate(NAMED.items())
    ]
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GiB"}) as con:
        con.execute("set enable_progress_bar = false")
        for turn, part in enumerate(parts):
            path = (target / f"{turn:02}.parquet").as_posix()
            con.execute(f"copy ({part}) to '{path}' (compression zstd)")


def _stride(people: int) -> int:
    """A step that visits each of so many in an order that looks like none."""
    step = 7_368_787 % people
    while gcd(step, people) > 1:
        step += 1
    return step
