"""Every handle a person leaves in a source, and the spellings people and systems give it.

A handle is a function of the person's number and the seed, so no table of handles is needed.
"""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, devices
from pipeline.simulate.plan import Plan

Rows = NDArray[Any]

PLACEHOLDER_EMAIL = "test@test.com"
# The first is in wend.toml; nobody told Wend of the second: it must notice by itself.
CALL_CENTRE_PHONES = ("+442079460000", "+441632960123")

DESKTOPS = (
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/143.0.0.0 Safari/537.36"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0",
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.2 Safari/605.1.15"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
)
MOBILES = (
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.2 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/17.7 Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/143.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/143.0.0.0 Mobile Safari/537.36"
    ),
)
TABLET = (
    "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.7 Mobile/15E148 Safari/604.1"
)
BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
AGENTS = pl.Series([*DESKTOPS, *MOBILES, TABLET, *BOTS])
TABLET_AGENT = len(DESKTOPS) + len(MOBILES)
_BYTES = pl.Series([str(number) for number in range(256)])


def cookie_owners(persons: pl.DataFrame, person: Rows, slot: Rows) -> NDArray[np.int64]:
    """Whose cookie each row holds: a first cookie may have changed hands."""
    owner = persons["cookie_owner"].to_numpy()[person]
    return np.where(slot == 0, owner, person)


def cookies(owner: Rows, slot: Rows, seed: int) -> pl.Series:
    """The tracker's anonymous id, in the form of a UUID."""
    keys = chance.keyed(chance.root(seed, "cookie"), owner, slot)
    text = chance.hexed(keys, chance.numbers(keys, "rest"))
    parts = [text.str.slice(at, size) for at, size in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    return pl.select(pl.concat_str([pl.lit(part) for part in parts], separator="-")).to_series()


def agents(owner: Rows, slot: Rows, seed: int) -> NDArray[np.int64]:
    """Which of `AGENTS` a cookie's browser is."""
    keys = chance.keyed(chance.root(seed, "agent"), owner, slot)
    mobile = devices.device_is_mobile(owner, slot, seed)
    return np.where(
        mobile,
        len(DESKTOPS) + chance.picks(keys, "mobile", len(MOBILES)),
        chance.picks(keys, "desktop", len(DESKTOPS)),
    )


def addresses(owner: Rows, slot: Rows) -> pl.Series:
    """The IP address of a cookie's browser, in the carrier range 100.64.0.0/10."""
    number = (owner.astype(np.int64) * 8 + slot) % (1 << 22)
    parts = (64 + (number >> 16), number >> 8 & 255, number & 255)
    first, second, third = (_BYTES.gather(part) for part in parts)
    return "100." + first + "." + second + "." + third


def visitors(person: Rows, seed: int) -> pl.Series:
    """The sales chat's visitor number."""
    return "10." + chance.hexed(chance.keyed(chance.root(seed, "visitor"), person))


def intercom_contacts(person: Rows, seed: int) -> pl.Series:
    """The messenger's contact number, 24 hexadecimal digits."""
    keys = chance.keyed(chance.root(seed, "contact"), person)
    return chance.hexed(keys, chance.numbers(keys, "rest")).str.slice(0, 24)


def hubspot_contacts(person: Rows, which: Rows) -> pl.Series:
    """The CRM's contact number; `which` is 1 for the second record of one person."""
    return pl.Series(20_000_000 + person.astype(np.int64) * 2 + which).cast(pl.String)


def salesforce_ids(prefix: str, seed: int, *keys: Rows) -> pl.Series:
    """An 18-character id; its last three say which letters are capitals: only the prefix's."""
    capitals = sum(1 << place for place, letter in enumerate(prefix) if letter.isupper())
    check = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[capitals] + "AA"
    return (
        prefix
        + chance.hexed(chance.keyed(chance.root(seed, prefix), *keys)).str.slice(0, 12)
        + check
    )


def event_ids(seed: int, purpose: str, *keys: Rows) -> pl.Series:
    """A source's own id of an event: 32 hexadecimal digits."""
    halves = chance.keyed(chance.root(seed, purpose), *keys)
    return chance.hexed(halves, chance.numbers(halves, "rest"))


def emails(persons: pl.DataFrame, person: Rows, order_number: Rows) -> pl.Series:
    """The address in use: some give another one before they order."""
    own = persons["email"].gather(person)
    second = persons["second_email"].gather(person)
    return second.zip_with(pl.Series(order_number == 0) & second.is_not_null(), own)


def respelled_emails(email: pl.Series, keys: chance.Numbers, plan: Plan) -> pl.Series:
    """The same addresses as people type them: capitals, blanks around."""
    way = chance.picks(keys, "e-mail spelling", 3)
    spelled = chance.shares(keys, "is respelled") < plan.respelled_share
    frame = pl.DataFrame({"email": email, "way": np.where(spelled, way, -1)})
    text = pl.col("email")
    return frame.select(
        pl.when(pl.col("way") == 0)
        .then(text.str.to_uppercase())
        .when(pl.col("way") == 1)
        .then(text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1) + " ")
        .when(pl.col("way") == 2)
        .then(" " + text)
        .otherwise(text)
    ).to_series()


def respelled_phones(phone: pl.Series, keys: chance.Numbers) -> pl.Series:
    """E.164 numbers as people type them: national, with blanks, with a bracketed zero."""
    rest = pl.col("phone").str.slice(3)
    grouped = rest.str.slice(0, 4) + " " + rest.str.slice(4)
    frame = pl.DataFrame({"phone": phone, "way": chance.picks(keys, "phone spelling", 4)})
    return frame.select(
        pl.when(pl.col("way") == 0)
        .then("0" + rest)
        .when(pl.col("way") == 1)
        .then("0" + grouped)
        .when(pl.col("way") == 2)
        .then("+44 (0)" + grouped)
        .otherwise(pl.col("phone"))
    ).to_series()


def own_ids(source: str, person: Rows, step: Rows, seed: int) -> pl.Series:
    """The id a source other than web gives to the record of one touchpoint."""
    text = event_ids(seed, source, person, step)
    if source == "mailbox":
        return "<" + text + "@mail.larkspur.example>"
    if source == "messenger":
        number = chance.keyed(chance.root(seed, source), person, step) % np.uint64(10**12)
        return pl.Series(number).cast(pl.String).str.zfill(12)
    if source == "salesforce":
        return salesforce_ids("008", seed, person, step)
    return text.str.slice(0, 22)
