"""The web tracker: Segment calls as JSON lines, one file for each day of receipt.

Beside the touchpoints there are identify calls (after a form with an e-mail, at an order, at a
login), pages no touchpoint matches, a shop's shared tablets, on which some log in and some do
not, and bots.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.web_calls import (
    ASIDE,
    BOT,
    FIRST_LOGIN,
    FORM,
    LOGIN,
    ON_TABLET,
    ORDER,
    QUOTE,
    ROW,
    TABLET_AFTER,
    TABLET_LOGIN,
    TABLET_PAGE,
    TABLET_WALK,
    TOUCH,
    has_user,
    tablets,
)
from pipeline.simulate.raw.web_lines import lines
from pipeline.simulate.raw.written import Company, Written

SOURCE = "web"
WEB_TOUCHPOINTS = [number for number, point in enumerate(way.TOUCHPOINTS) if point.source == "web"]


def rows(touches: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The tracker's calls of a chunk of touchpoints, with their copies: `ROW` and `copy`."""
    start = chance.root(company.seed, "web")
    web = touches.filter(pl.col("touchpoint").is_in(WEB_TOUCHPOINTS))
    asked = touches.filter(pl.col("form") == 1)
    ordered = web.filter(pl.col("touchpoint") == ORDER)
    quoted = touches.filter(pl.col("touchpoint") == way.NUMBER["Quote sent"])
    browsing = web.filter(pl.col("touchpoint").is_in([0, 1, 2]))
    keys = chance.keyed(start, browsing["person_id"].to_numpy(), browsing["step"].to_numpy())
    aside = browsing.filter(chance.shares(keys, "aside") < 0.2)
    kiosk = company.persons["kiosk"].gather(ordered["person_id"])
    in_shop = ordered.filter(kiosk >= 0)
    shoppers = company.persons["kiosk"].gather(browsing["person_id"]) >= 0
    walk = pl.Series(chance.shares(keys, "walk in") < company.plan.walk_in_share)
    walking_in = browsing.filter(shoppers & walk)
    minute = stamps.MINUTE
    frames = [
        _row(web, TOUCH, 0),
        # A form opens a chat or asks for a quote; the call lands a moment apart.
        _row(asked, FORM, -minute // 15),
        _row(web.filter(pl.col("touchpoint").is_in([ORDER, FIRST_LOGIN])), LOGIN, 0),
        _row(aside, ASIDE, minute // 3),
        _row(quoted, QUOTE, -minute // 15),
        _row(in_shop, TABLET_LOGIN, -minute),
        _row(in_shop, TABLET_PAGE, -2 * minute),
        _row(in_shop, TABLET_AFTER, -minute // 2),
        _row(walking_in, TABLET_WALK, minute),
    ]
    found = pl.concat(frames).filter(pl.col("at") < company.last)
    keys = chance.keyed(start, *(found[name].to_numpy() for name in ("person_id", "step", "row")))
    late = chance.shares(keys, "late") < company.plan.late_share
    latency = (0.3 + 4 * chance.shares(keys, "latency")) * stamps.SECOND
    wait = np.where(late, (1 + 2 * chance.shares(keys, "how late")) * stamps.DAY, latency)
    received = found["at"].to_numpy() + wait.astype(np.int64) // 1000 * 1000
    day = np.minimum(received // stamps.DAY, stamps.day_number(company.plan.ends_on))
    found = found.with_columns(
        received_at=pl.Series(received), file_day=pl.Series(day), is_late=pl.Series(late)
    ).cast(ROW)
    bad = (dirt.CUT, dirt.CUT, dirt.FUTURE, dirt.IMPOSSIBLE)
    return dirt.with_copies(found, keys, company.plan, bad)


def _row(touches: pl.DataFrame, row: int, offset: int) -> pl.DataFrame:
    return touches.select(
        "person_id",
        "step",
        "touchpoint",
        "slot",
        "order_number",
        row=pl.lit(row, pl.Int8),
        at=pl.col("at") + offset,
    ).select(ROW.names()[:7])


def evidence(found: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Which handles these calls show together: `EVIDENCE`."""
    shows = (
        found.filter(pl.col("copy") == dirt.ORIGINAL)
        .select(
            "person_id",
            "slot",
            is_tablet=pl.col("row").is_in(ON_TABLET),
            has_user=has_user(),
            has_email=pl.col("row").is_in([FORM, LOGIN, TABLET_LOGIN]),
            is_new=pl.col("order_number") == 0,
        )
        .unique()
        .sort(pl.all())
    )
    person, slot = shows["person_id"].to_numpy(), shows["slot"].to_numpy()
    owner = identifiers.cookie_owners(company.persons, person, slot)
    tablet = tablets(company, person)
    persons = company.persons
    frame = shows.with_columns(
        anonymous_id=tablet.zip_with(
            shows["is_tablet"], identifiers.cookies(owner, slot, company.seed)
        ),
        user_id=persons["user_id"].gather(person),
        email=identifiers.emails(persons, person, ~shows["is_new"].to_numpy()),
        phone=persons["phone"].gather(person),
    ).with_columns(
        user_id=pl.when("has_user").then("user_id"),
        email=pl.when("has_email").then("email"),
        phone=pl.when(pl.col("has_email") & pl.col("has_user")).then("phone"),
    )
    return written.evidence(frame)


def anonymous(found: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Who really sent each call that names nothing but a cookie.

    Columns person_id, anonymous_id, occurred_at, is_tablet (one of the shop's shared ones).
    """
    rows = found.filter(
        (pl.col("copy") == dirt.ORIGINAL) & ~has_user() & (pl.col("row") != FORM)
    ).sort("person_id", "step", "row")
    person, slot = rows["person_id"].to_numpy(), rows["slot"].to_numpy()
    owner = identifiers.cookie_owners(company.persons, person, slot)
    is_tablet = rows["row"].is_in(ON_TABLET)
    return rows.select(
        "person_id",
        anonymous_id=tablets(company, person).zip_with(
            is_tablet, identifiers.cookies(owner, slot, company.seed)
        ),
        occurred_at=pl.from_epoch("at", time_unit="us"),
        is_tablet=is_tablet,
    )


def write(company: Company, evidence: pl.DataFrame) -> Written:
    """Write all files of the tracker from the rows that were staged."""
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    counts: Counter[tuple[str, str]] = Counter()
    for found in written.by_days(company, SOURCE, 150_000):
        for file, day, part in _files(found, company):
            written.write_lines(company.out / file, part["line"])
            files.append((SOURCE, file, day, part.height))
            bad.append(written.line_records(SOURCE, file, part["line"], part["reason"]))
            counts[SOURCE, "bot"] += int((part["row"] == BOT).sum())
            new = part["line"].str.contains('"experiment":', literal=True)
            counts[SOURCE, "unknown field"] += int(new.sum())
        for source, kind, count in dirt.counted(SOURCE, found["copy"]):
            counts[source, kind] += count
        counts[SOURCE, "late"] += int(found["is_late"].sum())
    rows = [(source, kind, count) for (source, kind), count in sorted(counts.items())]
    return written.account(files, bad, rows, evidence)


def _files(found: pl.DataFrame, company: Company) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """File name, day of arrival and rows (with their `line` and `reason`) of each file."""
    found = pl.concat([found, _bots(found, company)]).sort(
        "file_day", "is_late", "received_at", "person_id", "step", "row", "copy"
    )
    reason = pl.col("copy").replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    found = found.with_columns(line=lines(found, company), reason=reason)
    for (day, is_late), part in found.group_by("file_day", "is_late", maintain_order=True):
        name = f"{stamps.day_of(int(day))}{'.late' if is_late else ''}.jsonl"
        yield f"raw/{SOURCE}/{name}", int(day), part


def _bots(found: pl.DataFrame, company: Company) -> pl.DataFrame:
    """A share more calls every day, sent by crawlers that run the tracker's script."""
    counts = found.group_by("file_day").len().sort("file_day")
    days = chance.keyed(chance.root(company.seed, "web bots"), counts["file_day"].to_numpy())
    # Rounded up or down by chance, so that quiet days do not have none at all.
    many = (
        counts["len"] * company.plan.bot_share / 4 + pl.Series(chance.shares(days, "round"))
    ).cast(pl.Int64)
    day = counts["file_day"].cast(pl.Int64).repeat_by(many).explode().drop_nulls().to_numpy()
    place = np.concatenate([np.arange(n) for n in many] or [np.zeros(0, np.int64)])
    # Numbered over all days, so that no two of them get one id.
    place = place + (day - stamps.day_number(company.plan.starts_on)) * 100_000
    keys = chance.keyed(chance.root(company.seed, "web bots"), day, place)
    at = day * stamps.DAY + (chance.shares(keys, "at") * stamps.DAY).astype(np.int64)
    at = at // 1000 * 1000
    frame = pl.DataFrame({"at": at, "step": place, "file_day": day})
    return frame.select(
        pl.lit(0).alias("person_id"),
        "step",
        pl.lit(BOT).alias("row"),
        pl.lit(0).alias("touchpoint"),
        pl.lit(0).alias("slot"),
        pl.lit(0).alias("order_number"),
        "at",
        (pl.col("at") + 500_000).alias("received_at"),
        "file_day",
        pl.lit(value=False).alias("is_late"),
        pl.lit(dirt.ORIGINAL, pl.Int8).alias("copy"),
    ).cast(ROW)
