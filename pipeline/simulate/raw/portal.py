"""The customer portal's web server: nginx combined access logs, one file a day.

A line: `IP - CUSTOMER [05/Jan/2026:10:05:03 +0000] "GET /portal/usage HTTP/1.1" 200 5123
"REFERER" "AGENT"`. Beside the touchpoints there are asset requests, forms, failed requests and
crawlers, which carry no customer number.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "portal"
SITE = "https://my.larkspur.example"
TOUCH, ASSET, SETTING, FAILED, BOT = range(5)
# Method, path and status by kind of row; which of them is drawn.
REQUESTS = pl.Series(
    [
        '"GET /portal HTTP/1.1" 200 ',
        '"GET /portal/usage HTTP/1.1" 200 ',
        '"GET /portal/router HTTP/1.1" 200 ',
        '"GET /portal/usage?range=month HTTP/1.1" 200 ',
        '"GET /bills HTTP/1.1" 200 ',
        '"GET /bills/latest HTTP/1.1" 200 ',
        '"GET /bills/archive HTTP/1.1" 200 ',
        '"GET /bills?view=year HTTP/1.1" 200 ',
        '"GET /static/app.4f2a.js HTTP/1.1" 200 ',
        '"GET /static/main.91c0.css HTTP/1.1" 200 ',
        '"GET /favicon.ico HTTP/1.1" 304 ',
        '"GET /static/logo.svg HTTP/1.1" 304 ',
        '"POST /portal/settings HTTP/1.1" 302 ',
        '"POST /portal/router/restart HTTP/1.1" 204 ',
        '"POST /portal/settings HTTP/1.1" 302 ',
        '"POST /portal/settings/wifi HTTP/1.1" 302 ',
        '"GET /portal/speedtest HTTP/1.1" 500 ',
        '"GET /portal/old HTTP/1.1" 404 ',
        '"GET /portal/usage HTTP/1.1" 502 ',
        '"GET /portal/help HTTP/1.1" 404 ',
        '"GET / HTTP/1.1" 200 ',
        '"GET /robots.txt HTTP/1.1" 200 ',
        '"GET /pricing HTTP/1.1" 200 ',
        '"GET /portal HTTP/1.1" 200 ',
    ]
)
BILL = way.NUMBER["View bill"]
ROW = pl.Schema(
    {
        "person_id": pl.Int64,
        "step": pl.Int32,
        "row": pl.Int8,
        "is_bill": pl.Boolean,
        "slot": pl.Int8,
        "at": pl.Int64,
        "file_day": pl.Int32,
    }
)


def rows(touches: pl.DataFrame, company: Company) -> pl.DataFrame:
    """The requests of a chunk of touchpoints, with their copies: `ROW` and `copy`."""
    used = [number for number, point in enumerate(way.TOUCHPOINTS) if point.source == SOURCE]
    seen = touches.filter(pl.col("touchpoint").is_in(used))
    start = chance.root(company.seed, SOURCE)
    keys = chance.keyed(start, seen["person_id"].to_numpy(), seen["step"].to_numpy())
    second = stamps.SECOND
    frames = [
        _row(seen, TOUCH, 0),
        _row(seen.filter(chance.shares(keys, "asset") < company.plan.asset_share), ASSET, second),
        _row(seen.filter(chance.shares(keys, "setting") < 0.02), SETTING, 5 * second),
        _row(seen.filter(chance.shares(keys, "failed") < 0.004), FAILED, 3 * second),
    ]
    found = pl.concat(frames).filter(pl.col("at") < company.last)
    found = found.with_columns(file_day=pl.col("at") // stamps.DAY).cast(ROW)
    keys = chance.keyed(start, *(found[name].to_numpy() for name in ("person_id", "step", "row")))
    return dirt.with_copies(found, keys, company.plan, (dirt.CUT,))


def _row(touches: pl.DataFrame, row: int, offset: int) -> pl.DataFrame:
    return touches.select(
        "person_id",
        "step",
        row=pl.lit(row, pl.Int8),
        is_bill=pl.col("touchpoint") == BILL,
        slot="slot",
        at=pl.col("at") + offset,
    )


def evidence(found: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Which handles these requests show: the customer number alone."""
    person = found["person_id"].unique().sort()
    users = company.persons["user_id"].gather(person)
    return written.evidence(pl.DataFrame({"person_id": person, "user_id": users}))


def _bots(found: pl.DataFrame, company: Company) -> pl.DataFrame:
    """A share more requests every day, by crawlers."""
    counts = found.group_by("file_day").len().sort("file_day")
    days = chance.keyed(chance.root(company.seed, "portal bots"), counts["file_day"].to_numpy())
    # Rounded up or down by chance, so that quiet days do not have none at all.
    many = (counts["len"] * company.plan.bot_share + pl.Series(chance.shares(days, "round"))).cast(
        pl.Int64
    )
    day = counts["file_day"].cast(pl.Int64).repeat_by(many).explode().drop_nulls().to_numpy()
    place = np.concatenate([np.arange(n) for n in many] or [np.zeros(0, np.int64)])
    # Numbered over all days, so that no two of them get one id.
    place = place + (day - stamps.day_number(company.plan.starts_on)) * 100_000
    keys = chance.keyed(chance.root(company.seed, "portal bots"), day, place)
    at = day * stamps.DAY + (chance.shares(keys, "at") * stamps.DAY).astype(np.int64)
    return pl.DataFrame(
        {
            "person_id": np.zeros_like(day),
            "step": place,
            "row": np.full_like(day, BOT),
            "is_bill": np.zeros(len(day), dtype=np.bool_),
            "slot": np.zeros_like(day),
            "at": at,
            "file_day": day,
            "copy": np.zeros(len(day), dtype=np.int8),
        }
    ).cast(ROW)


def lines(found: pl.DataFrame, company: Company) -> pl.Series:
    """The line of every row; `found` is `ROW` and `copy`."""
    person, step, row, slot = (
        found[name].to_numpy() for name in ("person_id", "step", "row", "slot")
    )
    keys = chance.keyed(chance.root(company.seed, "portal line"), person, step, row)
    is_bot = row == BOT
    owner = identifiers.cookie_owners(company.persons, person, slot)
    bot = identifiers.TABLET_AGENT + 1 + chance.picks(keys, "bot", len(identifiers.BOTS))
    agent = np.where(is_bot, bot, identifiers.agents(owner, slot, company.seed))
    host = np.where(is_bot, (1 << 18) - 1 - bot, owner)
    group = np.where(row == TOUCH, found["is_bill"].to_numpy(), row + 1)
    request = group * 4 + chance.picks(keys, "request", 4)
    size = np.where(row == SETTING, 0, 800 + chance.picks(keys, "size", 60_000))
    user = company.persons["user_id"].gather(person)
    parts = pl.DataFrame(
        {
            "ip": identifiers.addresses(host, slot),
            "user": pl.repeat("-", len(row), eager=True).zip_with(pl.Series(is_bot), user),
            "at": stamps.access_log(found["at"].to_numpy()),
            "request": REQUESTS.gather(request),
            "size": size,
            "agent": identifiers.AGENTS.gather(agent),
        }
    )
    lit = pl.lit
    whole = parts.select(
        line=pl.concat_str(
            "ip", lit(" - "), "user", lit(" ["), "at", lit("] "), "request", "size",
            lit(f' "{SITE}/portal" "'), "agent", lit('"'),
        )
    )["line"]  # fmt: skip
    is_cut = found["copy"].to_numpy() == dirt.CUT
    if not is_cut.any():
        return whole
    # Broken off inside the quoted request, so that no shorter log format can be meant.
    length = 40 + chance.picks(keys, "cut at", 27)
    cut = pl.DataFrame({"line": whole, "length": length}).select(
        pl.col("line").str.slice(0, pl.col("length"))
    )["line"]
    return cut.zip_with(pl.Series(is_cut), whole)


def _files(found: pl.DataFrame, company: Company) -> Iterator[tuple[str, int, pl.DataFrame]]:
    """File name, day and rows (with their `line` and `reason`) of each file."""
    found = pl.concat([found, _bots(found, company).select(found.columns)]).sort(
        "file_day", "at", "person_id", "step", "row", "copy"
    )
    reason = pl.col("copy").replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    found = found.with_columns(line=lines(found, company), reason=reason)
    for (day,), part in found.group_by("file_day", maintain_order=True):
        yield f"raw/{SOURCE}/{stamps.day_of(int(day))}.log", int(day), part


def write(company: Company, evidence: pl.DataFrame) -> Written:
    """Write all files of the portal from the rows that were staged."""
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    counts: Counter[tuple[str, str]] = Counter()
    for found in written.by_days(company, SOURCE, 250_000):
        for file, day, part in _files(found, company):
            written.write_lines(company.out / file, part["line"])
            files.append((SOURCE, file, day, part.height))
            bad.append(written.line_records(SOURCE, file, part["line"], part["reason"]))
            counts[SOURCE, "bot"] += int((part["row"] == BOT).sum())
            counts[SOURCE, "asset"] += int((part["row"] == ASSET).sum())
        for source, kind, count in dirt.counted(SOURCE, found["copy"]):
            counts[source, kind] += count
    rows = [(source, kind, count) for (source, kind), count in sorted(counts.items())]
    return written.account(files, bad, rows, evidence)
