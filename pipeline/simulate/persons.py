"""The invented persons: who they are, when they come, how they behave. All values are invented.

Addresses are at example domains; phones begin with 072, which Ofcom has given to nobody.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.simulate import chance, stamps
from pipeline.simulate.plan import Plan

PERSONS = pl.Schema(
    {
        "person_id": pl.Int64,
        "first_name": pl.String,
        "last_name": pl.String,
        "email": pl.String,
        "second_email": pl.String,  # used before the first order; null for most
        "phone": pl.String,  # E.164
        "user_id": pl.String,
        "arrives_at": pl.Int64,  # microseconds
        "sessions_per_day": pl.Float64,
        "temper": pl.Float64,  # -1 to 1: how kindly the person writes and scores
        "has_second_device": pl.Boolean,
        "cookie_owner": pl.Int64,  # whose first cookie the person browses with
        "kiosk": pl.Int64,  # the shop's tablet used at the order; -1: none
        "has_call_centre_phone": pl.Boolean,  # an agent typed the company's number
        "is_in_household": pl.Boolean,  # shares its e-mail with a neighbour
    }
)
# fmt: off
FIRST_NAMES = (
    "Ada", "Alan", "Amir", "Anya", "Ben", "Bella", "Carlos", "Chloe", "Dana", "David",
    "Elif", "Emma", "Farid", "Fiona", "George", "Grace", "Hana", "Hugo", "Iris", "Ivan",
    "Jack", "Jane", "Kamal", "Kira", "Leon", "Lucy", "Maya", "Milo", "Nadia", "Noah",
    "Olga", "Owen", "Priya", "Paul", "Rosa", "Ravi", "Sara", "Sean", "Tara", "Tom", "Uma",
    "Victor", "Wendy", "Yusuf", "Zara", "Zoe",
)
LAST_NAMES = (
    "Abbott", "Ahmed", "Baker", "Bell", "Carter", "Chen", "Cole", "Cooper", "Cruz",
    "Davies", "Evans", "Fisher", "Foster", "Gray", "Green", "Hall", "Harris", "Hughes",
    "Irwin", "Jones", "Kaur", "Kelly", "Khan", "King", "Lee", "Lewis", "Lopez", "Marsh",
    "Martin", "Mills", "Moore", "Morris", "Novak", "Owens", "Parker", "Patel", "Price",
    "Quinn", "Reid", "Roy", "Shah", "Silva", "Smith", "Stone", "Taylor", "Turner", "Vance",
    "Walker", "Ward", "Wells", "Wood", "Young",
)
# fmt: on
MAIL_DOMAINS = ("example.org", "example.com", "mail.example", "post.example", "home.example")


def _arrivals(keys: chance.Numbers, plan: Plan) -> NDArray[np.int64]:
    """When each person first comes: a quarter in an opening rush, the rest evenly."""
    rush = chance.shares(keys, "rush") < 0.25
    place = chance.shares(keys, "arrival")
    days = np.where(rush, place * min(20, plan.days / 4), place * plan.days)
    at = stamps.midnight(plan.starts_on) + (days * stamps.DAY).astype(np.int64)
    return at // 1000 * 1000


def _rates(keys: chance.Numbers) -> NDArray[np.float64]:
    """Sessions a day while alive: gamma of shape 2 and mean 0.4, as a sum of exponentials."""
    log = np.log1p(-chance.shares(keys, "rate a")) + np.log1p(-chance.shares(keys, "rate b"))
    return np.clip(-0.2 * log, 0.06, 2.0)


def persons(plan: Plan, seed: int) -> pl.DataFrame:
    """Every person of the company: `PERSONS`, one row each, ordered by person_id."""
    number = np.arange(plan.customers, dtype=np.int64)
    keys = chance.keyed(chance.root(seed, "person"), number)
    arrives = _arrivals(keys, plan)
    # Neighbours are 2k and 2k + 1: a household, or a cookie that changed hands.
    pair = chance.keyed(chance.root(seed, "pair"), number // 2)
    is_second = (number % 2 == 1) & (number > 0)
    has_neighbour = is_second | (number + 1 < plan.customers)
    recycled = is_second & (chance.shares(pair, "recycled") < plan.recycled_cookie_share * 2)
    later = arrives[number - is_second] + (40 + 60 * chance.shares(pair, "later")) * stamps.DAY
    arrives = np.where(recycled, later.astype(np.int64) // 1000 * 1000, arrives)
    household = (chance.shares(pair, "household") < plan.household_share) & has_neighbour
    kiosks = max(1, plan.customers // 3000)
    kiosk = np.where(
        chance.shares(keys, "kiosk") < plan.kiosk_share, chance.picks(keys, "which", kiosks), -1
    )
    frame = pl.DataFrame(
        {
            "person_id": number,
            "first": chance.picks(keys, "first name", len(FIRST_NAMES)),
            "last": chance.picks(np.where(household, pair, keys), "last name", len(LAST_NAMES)),
            "domain": chance.picks(np.where(household, pair, keys), "domain", len(MAIL_DOMAINS)),
            "arrives_at": arrives,
            "sessions_per_day": _rates(keys),
            "temper": chance.shares(keys, "temper") * 2 - 1,
            "has_second_device": chance.shares(keys, "device") < plan.second_device_share,
            "has_second_email": chance.shares(keys, "second email") < plan.second_email_share,
            "cookie_owner": np.where(recycled, number - 1, number),
            "kiosk": kiosk,
            "has_call_centre_phone": chance.shares(keys, "phone") < plan.call_centre_phone_share,
            "is_in_household": household,
        }
    )
    return _named(frame).select(PERSONS.names()).cast(PERSONS)


def _named(frame: pl.DataFrame) -> pl.DataFrame:
    """The persons with names, addresses, phones and customer numbers.

    All hold the person's own number, so that no two persons share one by accident.
    """
    first = pl.Series(FIRST_NAMES).gather(frame["first"])
    last = pl.Series(LAST_NAMES).gather(frame["last"])
    domain = pl.Series(MAIL_DOMAINS).gather(frame["domain"])
    number = pl.col("person_id")
    own = pl.concat_str(
        first.str.to_lowercase(), pl.lit("."), last.str.to_lowercase(), pl.lit("."), number
    )
    shared = pl.concat_str(pl.lit("the."), last.str.to_lowercase(), pl.lit("."), number // 2)
    local = pl.when("is_in_household").then(shared).otherwise(own)
    return frame.with_columns(
        first_name=first,
        last_name=last,
        email=pl.concat_str(local, pl.lit("@"), domain),
        second_email=pl.when(pl.col("has_second_email") & ~pl.col("is_in_household")).then(
            pl.concat_str(first.str.slice(0, 1).str.to_lowercase(), number, pl.lit("@work.example"))
        ),
        # 7919 and 10^8 have no common factor: every person gets another number.
        phone=pl.concat_str(
            pl.lit("+4472"), (number * 7919 % 100_000_000).cast(pl.String).str.zfill(8)
        ),
        user_id=pl.concat_str(pl.lit("LB"), 1_000_000 + number),
    )
