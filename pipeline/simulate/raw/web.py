"""The web tracker: Segment calls as JSON lines, one file for each day of receipt.

A line, its keys in this order (`event` in track calls only, `userId` when logged in):
    {"type", "event", "messageId", "userId", "anonymousId", "timestamp", "originalTimestamp",
     "sentAt", "receivedAt", "context": {"ip", "userAgent", "locale", "page": {"url", "path",
     "title"}, "library": {"name", "version"}}, then "name" and "properties", or "properties", or
     "traits"}
Beside the touchpoints there are identify calls (after a form with an e-mail, at an order, at a
login), pages no touchpoint matches, a shop's shared tablets, and bots.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "web"
SITE = "https://www.larkspur.example"
# What a row is. TOUCH rows are the truth; the others come with them.
TOUCH, FORM, LOGIN, ASIDE, QUOTE, TABLET_LOGIN, TABLET_PAGE, BOT = range(8)
# path, query, title, by touchpoint: the first of each is the commonest.
PAGES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Visit site": (("/", "", "Home"), ("/", "?utm_source=search", "Home")),
    "Read pricing": (
        ("/pricing", "", "Pricing"),
        ("/pricing/fibre", "?from=home", "Fibre prices"),
    ),
    "Compare plans": (
        ("/compare", "", "Compare plans"),
        ("/compare/fibre-100-or-500", "", "Fibre 100 or 500"),
    ),
    "Order placed": (("/order/done", "", "Thank you"),) * 2,
    "First login": (("/login", "", "Log in"),) * 2,
    "Cancel page": (("/cancel", "", "Leave us"), ("/cancel/reason", "", "Why")),
    "aside": (
        ("/coverage", "", "Is it at my address"),
        ("/blog/faster-wifi", "?ref=home", "Faster wifi"),
    ),
    "tablet": (("/shop/tablet", "", "In the shop"),) * 2,
    "form": (("/contact", "", "Talk to us"),) * 2,
}
PAGE_NUMBER = {name: 2 * number for number, name in enumerate(PAGES)}
ALL_PAGES = [page for pages in PAGES.values() for page in pages]
PLANS = (("Fibre 100", 348), ("Fibre 500", 468), ("Fibre 900", 588))
WEB_TOUCHPOINTS = [number for number, point in enumerate(way.TOUCHPOINTS) if point.source == "web"]
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
            is_tablet=pl.col("row").is_in([TABLET_LOGIN, TABLET_PAGE]),
            has_user=_has_user(),
            has_email=pl.col("row").is_in([FORM, LOGIN, TABLET_LOGIN]),
            is_new=pl.col("order_number") == 0,
        )
        .unique()
        .sort(pl.all())
    )
    person, slot = shows["person_id"].to_numpy(), shows["slot"].to_numpy()
    owner = identifiers.cookie_owners(company.persons, person, slot)
    tablet = _tablets(company, person)
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


def _has_user() -> pl.Expr:
    """Whether a row's person is logged in."""
    return pl.col("row").is_in([LOGIN, TABLET_LOGIN]) | (
        (pl.col("row") == TOUCH) & pl.col("touchpoint").is_in([ORDER, FIRST_LOGIN, CANCEL])
    )


def _tablets(company: Company, person: identifiers.Rows) -> pl.Series:
    """The cookie of the shop's tablet that each person ordered at, if any."""
    kiosk = company.persons["kiosk"].to_numpy()[person]
    # Tablets stand after all persons in the numbering of cookies.
    return identifiers.cookies((1 << 40) + kiosk, np.zeros_like(kiosk), company.seed)


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


def _page_texts() -> tuple[pl.Series, pl.Series]:
    """Per page: its `context.page` object, and the end of a page call's line."""
    inner, tails = [], []
    for path, query, title in ALL_PAGES:
        page = f'{{"url":"{SITE}{path}{query}","path":"{path}","title":"{title}"}}'
        inner.append(page)
        tails.append(f',"name":"{title}","properties":{page}')
    return pl.Series(inner), pl.Series(tails)


def _pages(found: pl.DataFrame, keys: chance.Numbers) -> pl.Series:
    """Which of `ALL_PAGES` each row was sent from."""
    names = [point.name if point.source == "web" else "form" for point in way.TOUCHPOINTS]
    by_touchpoint = np.array([PAGE_NUMBER[name] for name in names])
    page = by_touchpoint[found["touchpoint"].to_numpy()]
    row = found["row"].to_numpy()
    page = np.where(row == ASIDE, PAGE_NUMBER["aside"], page)
    page = np.where((row == TABLET_LOGIN) | (row == TABLET_PAGE), PAGE_NUMBER["tablet"], page)
    page = np.where((row == FORM) | (row == QUOTE), PAGE_NUMBER["form"], page)
    return pl.Series(page + (chance.shares(keys, "which page") < 0.35))


def amounts(orders: pl.DataFrame, company: Company) -> pl.Series:
    """What each order costs, in pence; `orders` has person_id and step."""
    person, step = orders["person_id"].to_numpy(), orders["step"].to_numpy()
    keys = chance.keyed(
        chance.root(company.seed, "web line"), person, step, np.full_like(person, TOUCH)
    )
    prices = pl.Series([100 * price for _, price in PLANS])
    return prices.gather(chance.picks(keys, "plan", len(PLANS)))


def _tails(found: pl.DataFrame, keys: chance.Numbers, company: Company) -> pl.Series:
    """What only calls of its type hold: properties or traits, and now and then a new field."""
    person, order = found["person_id"].to_numpy(), found["order_number"].to_numpy()
    persons = company.persons
    page = _pages(found, keys)
    plan = chance.picks(keys, "plan", len(PLANS))
    email = identifiers.emails(persons, person, order)
    row = pl.col("row")
    is_order = (row == TOUCH) & (pl.col("touchpoint") == ORDER)
    is_login = (row == TOUCH) & (pl.col("touchpoint") == FIRST_LOGIN)
    frame = found.select("row", "touchpoint", "order_number").with_columns(
        page=_page_texts()[1].gather(page),
        email=identifiers.respelled_emails(email, keys, company.plan),
        phone=identifiers.respelled_phones(persons["phone"].gather(person), keys),
        user=persons["user_id"].gather(person),
        name=persons["first_name"].gather(person) + " " + persons["last_name"].gather(person),
        plan=pl.Series([name for name, _ in PLANS]).gather(plan),
        price=pl.Series([str(price) for _, price in PLANS]).gather(plan),
        extra=pl.Series(chance.shares(keys, "new field") < company.plan.unknown_field_share),
    )
    lit = pl.lit
    form = pl.concat_str(lit(',"traits":{"email":"'), "email", lit('"}'))
    login = pl.concat_str(
        lit(',"traits":{"email":"'), "email", lit('","phone":"'), "phone", lit('","name":"'),
        "name", lit('"}'),
    )  # fmt: skip
    order_tail = pl.concat_str(
        lit(',"properties":{"order_id":"O-'), "user", lit("-"), "order_number", lit('","total":'),
        "price", lit('.00,"currency":"GBP","plan":"'), "plan", lit('"}'),
    )  # fmt: skip
    tail = (
        pl.when(row == FORM)
        .then(form)
        .when(row.is_in([LOGIN, TABLET_LOGIN]))
        .then(login)
        .when(is_order)
        .then(order_tail)
        .when(is_login | (row == QUOTE))
        .then(lit(',"properties":{}'))
        .otherwise(pl.col("page"))
    )
    new_field = pl.when("extra").then(lit(',"experiment":{"bucket":"b"}')).otherwise(lit(""))
    return frame.select(tail + new_field + "}").to_series()


def _kinds(found: pl.DataFrame) -> pl.Series:
    """The beginning of each line: type, and the event of a track call."""
    row, touchpoint = pl.col("row"), pl.col("touchpoint")
    return found.select(
        pl.when(row.is_in([FORM, LOGIN, TABLET_LOGIN]))
        .then(pl.lit('{"type":"identify",'))
        .when((row == TOUCH) & (touchpoint == ORDER))
        .then(pl.lit('{"type":"track","event":"Order Completed",'))
        .when((row == TOUCH) & (touchpoint == FIRST_LOGIN))
        .then(pl.lit('{"type":"track","event":"First Login",'))
        .when(row == QUOTE)
        .then(pl.lit('{"type":"track","event":"Quote Requested",'))
        .otherwise(pl.lit('{"type":"page",'))
    ).to_series()


def message_ids(person: pl.Series, step: pl.Series, row: pl.Series, seed: int) -> pl.Series:
    """The tracker's own id of a call: the same for every copy."""
    parts = (part.to_numpy() for part in (person, step, row))
    return identifiers.event_ids(seed, "message", *parts)


def lines(found: pl.DataFrame, company: Company) -> pl.Series:
    """The line of every row; `found` is `ROW` and `copy`."""
    person, slot, row = (found[name].to_numpy() for name in ("person_id", "slot", "row"))
    step, copy = found["step"].to_numpy(), found["copy"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, "web line"), person, step, row)
    is_bot, is_tablet = row == BOT, (row == TABLET_LOGIN) | (row == TABLET_PAGE)
    owner = identifiers.cookie_owners(company.persons, person, slot)
    # Crawlers stand after the tablets in the numbering of cookies: a new one every time.
    owner = np.where(is_bot, (1 << 41) + found["at"].to_numpy() + step, owner)
    cookie = _tablets(company, person).zip_with(
        pl.Series(is_tablet), identifiers.cookies(owner, slot, company.seed)
    )
    agent = identifiers.agents(owner, slot, company.seed)
    agent = np.where(is_tablet, identifiers.TABLET_AGENT, agent)
    bots = identifiers.TABLET_AGENT + 1 + chance.picks(keys, "bot", len(identifiers.BOTS))
    agent = np.where(is_bot, bots, agent)
    user = found.select(
        pl.when(_has_user())
        .then(
            pl.concat_str(
                pl.lit('","userId":"'), company.persons["user_id"].gather(found["person_id"])
            )
        )
        .otherwise(pl.lit(""))
    ).to_series()
    at = found["at"].to_numpy()
    received = found["received_at"].to_numpy()
    ahead = stamps.day_number(date(2040, 1, 1)) * stamps.DAY - company.last
    shift = np.where(copy == dirt.FUTURE, ahead, 0)
    at_text = stamps.iso(at + shift)
    impossible = pl.Series(copy == dirt.IMPOSSIBLE)
    stamp = pl.repeat("0000-00-00T00:00:00Z", len(at), eager=True).zip_with(impossible, at_text)
    parts = pl.DataFrame(
        {
            "kind": _kinds(found),
            "id": message_ids(found["person_id"], found["step"], found["row"], company.seed),
            "user": user,
            "cookie": cookie,
            "at": stamp,
            "sent": stamps.iso(at + shift + 40_000),
            "received": stamps.iso(received + shift),
            "ip": identifiers.addresses(owner % (1 << 30), slot),
            "agent": identifiers.AGENTS.gather(agent),
            "page": _page_texts()[0].gather(_pages(found, keys)),
            "tail": _tails(found, keys, company),
        }
    )
    lit = pl.lit
    whole = parts.select(
        line=pl.concat_str(
            "kind", lit('"messageId":"'), "id", "user", lit('","anonymousId":"'), "cookie",
            lit('","timestamp":"'), "at", lit('","originalTimestamp":"'), "at",
            lit('","sentAt":"'), "sent", lit('","receivedAt":"'), "received",
            lit('","context":{"ip":"'), "ip", lit('","userAgent":"'), "agent",
            lit('","locale":"en-GB","page":'), "page",
            lit(',"library":{"name":"analytics.js","version":"2.11.1"}}'), "tail",
        )
    )["line"]  # fmt: skip
    is_cut = copy == dirt.CUT
    if not is_cut.any():
        return whole
    return dirt.cut(whole, keys, 0.2, 0.9).zip_with(pl.Series(is_cut), whole)


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
