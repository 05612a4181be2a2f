"""The text of the web tracker's calls: one line of JSON each.

A line, its keys in this order (`event` in track calls only, `userId` when logged in):
    {"type", "event", "messageId", "userId", "anonymousId", "timestamp", "originalTimestamp",
     "sentAt", "receivedAt", "context": {"ip", "userAgent", "locale", "page": {"url", "path",
     "title"}, "library": {"name", "version"}}, then "name" and "properties", or "properties", or
     "traits"}
"""

from datetime import date

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw.web_calls import (
    ASIDE,
    BOT,
    FIRST_LOGIN,
    FORM,
    LOGIN,
    ON_TABLET,
    ORDER,
    PLANS,
    QUOTE,
    TABLET_LOGIN,
    TOUCH,
    has_user,
    message_ids,
    tablets,
)
from pipeline.simulate.raw.written import Company

SITE = "https://www.larkspur.example"
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


def lines(found: pl.DataFrame, company: Company) -> pl.Series:
    """The line of every row; `found` is `ROW` and `copy`."""
    person, slot, row = (found[name].to_numpy() for name in ("person_id", "slot", "row"))
    step, copy = found["step"].to_numpy(), found["copy"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, "web line"), person, step, row)
    is_bot, is_tablet = row == BOT, np.isin(row, ON_TABLET)
    owner = identifiers.cookie_owners(company.persons, person, slot)
    # Crawlers stand after the tablets in the numbering of cookies: a new one every time.
    owner = np.where(is_bot, (1 << 41) + found["at"].to_numpy() + step, owner)
    cookie = tablets(company, person).zip_with(
        pl.Series(is_tablet), identifiers.cookies(owner, slot, company.seed)
    )
    agent = identifiers.agents(owner, slot, company.seed)
    agent = np.where(is_tablet, identifiers.TABLET_AGENT, agent)
    bots = identifiers.TABLET_AGENT + 1 + chance.picks(keys, "bot", len(identifiers.BOTS))
    agent = np.where(is_bot, bots, agent)
    user = found.select(
        pl.when(has_user())
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


def _pages(found: pl.DataFrame, keys: chance.Numbers) -> pl.Series:
    """Which of `ALL_PAGES` each row was sent from."""
    names = [point.name if point.source == "web" else "form" for point in way.TOUCHPOINTS]
    by_touchpoint = np.array([PAGE_NUMBER[name] for name in names])
    page = by_touchpoint[found["touchpoint"].to_numpy()]
    row = found["row"].to_numpy()
    page = np.where(row == ASIDE, PAGE_NUMBER["aside"], page)
    page = np.where(np.isin(row, ON_TABLET), PAGE_NUMBER["tablet"], page)
    page = np.where((row == FORM) | (row == QUOTE), PAGE_NUMBER["form"], page)
    return pl.Series(page + (chance.shares(keys, "which page") < 0.35))


def _page_texts() -> tuple[pl.Series, pl.Series]:
    """Per page: its `context.page` object, and the end of a page call's line."""
    inner, tails = [], []
    for path, query, title in ALL_PAGES:
        page = f'{{"url":"{SITE}{path}{query}","path":"{path}","title":"{title}"}}'
        inner.append(page)
        tails.append(f',"name":"{title}","properties":{page}')
    return pl.Series(inner), pl.Series(tails)


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
