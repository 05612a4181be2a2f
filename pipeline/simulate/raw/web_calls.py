"""The calls of the web tracker: what a row of them is, whose it is, and what it is about.

Rule: what one call says is drawn by person, step and row, so its copies and the truth agree.
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, identifiers, way
from pipeline.simulate.raw.written import Company

# What a row is. TOUCH rows are the truth; the others come with them.
TOUCH, FORM, LOGIN, ASIDE, QUOTE, TABLET_LOGIN, TABLET_PAGE, BOT, TABLET_AFTER, TABLET_WALK = range(
    10
)
ON_TABLET = (TABLET_LOGIN, TABLET_PAGE, TABLET_AFTER, TABLET_WALK)
PLANS = (("Fibre 100", 348), ("Fibre 500", 468), ("Fibre 900", 588))
ORDER, FIRST_LOGIN, CANCEL = (
    way.NUMBER[name] for name in ("Order placed", "First login", "Cancel page")
)
ROW = pl.Schema(
    {
        "person_id": pl.Int64,
        "step": pl.Int32,
        "row": pl.Int8,
        "touchpoint": pl.Int8,
        "slot": pl.Int8,
        "order_number": pl.Int8,
        "at": pl.Int64,
        "received_at": pl.Int64,
        "file_day": pl.Int32,
        "is_late": pl.Boolean,
    }
)


def has_user() -> pl.Expr:
    """Whether a row's person is logged in."""
    return pl.col("row").is_in([LOGIN, TABLET_LOGIN]) | (
        (pl.col("row") == TOUCH) & pl.col("touchpoint").is_in([ORDER, FIRST_LOGIN, CANCEL])
    )


def tablets(company: Company, person: identifiers.Rows) -> pl.Series:
    """The cookie of the shop's tablet that each person ordered at, if any."""
    kiosk = company.persons["kiosk"].to_numpy()[person]
    # Tablets stand after all persons in the numbering of cookies.
    return identifiers.cookies((1 << 40) + kiosk, np.zeros_like(kiosk), company.seed)


def message_ids(person: pl.Series, step: pl.Series, row: pl.Series, seed: int) -> pl.Series:
    """The tracker's own id of a call: the same for every copy."""
    parts = (part.to_numpy() for part in (person, step, row))
    return identifiers.event_ids(seed, "message", *parts)


def amounts(orders: pl.DataFrame, company: Company) -> pl.Series:
    """What each order costs, in pence; `orders` has person_id and step."""
    person, step = orders["person_id"].to_numpy(), orders["step"].to_numpy()
    keys = chance.keyed(
        chance.root(company.seed, "web line"), person, step, np.full_like(person, TOUCH)
    )
    prices = pl.Series([100 * price for _, price in PLANS])
    return prices.gather(chance.picks(keys, "plan", len(PLANS)))
