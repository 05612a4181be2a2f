"""The mailings: SendGrid events, a JSON array for each day.

An event: email, timestamp (Unix seconds), event, sg_event_id, sg_message_id, smtp-id, category
(a list, now and then a plain string), then what its kind has: ip, useragent, url,
sg_machine_open, response, reason, status, type. Delivered mails of the categories `welcome` and
`renewal` are touchpoints; the monthly `newsletter` is none.
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "campaigns"
WELCOME, OFFER, ORDER = (
    way.NUMBER[name] for name in ("Welcome email", "Renewal offer", "Order placed")
)
PROCESSED, DELIVERED, OPENED, MACHINE_OPENED, CLICKED, BOUNCED = range(6)
CATEGORIES = pl.Series(["welcome", "renewal", "newsletter"])
EVENTS = pl.Series(["processed", "delivered", "open", "open", "click", "bounce"])
PROXY = '"ip":"192.0.2.7","useragent":"Mozilla/5.0"'
AGENT = f'"ip":"100.64.0.9","useragent":"{identifiers.DESKTOPS[0]}"'
EXTRAS = pl.Series(
    [
        "",
        ',"ip":"192.0.2.44","response":"250 2.0.0 OK"',
        f",{AGENT}",
        f',{PROXY},"sg_machine_open":true',
        f',{AGENT},"url":"https://my.larkspur.example/portal"',
        ',"type":"bounce","status":"5.1.1","reason":"550 5.1.1 no such mailbox"',
    ]
)


def _mails(company: Company) -> pl.DataFrame:
    """One row per mail sent: person_id, step, at (delivered), category, letter."""
    letters = written.met(company, [WELCOME, OFFER]).select(
        "person_id",
        "step",
        "at",
        category=(pl.col("touchpoint") == OFFER).cast(pl.Int8),
        letter=pl.lit(0),
    )
    orders = written.met(company, [ORDER]).select("person_id", "step", "at")
    issues = [
        orders.select(
            "person_id",
            "step",
            at=pl.col("at") + (30 * letter * stamps.DAY),
            category=pl.lit(2, pl.Int8),
            letter=pl.lit(letter),
        )
        for letter in range(1, 5)
    ]
    return pl.concat([letters, *issues]).filter(pl.col("at") < company.last)


def _rows(company: Company) -> pl.DataFrame:
    """One row per event, with copies."""
    mails = _mails(company)
    keys = chance.keyed(
        chance.root(company.seed, SOURCE),
        *(mails[name].to_numpy() for name in ("person_id", "step", "letter")),
    )
    plan = company.plan
    bounced = (mails["category"] == 2).to_numpy() & (chance.shares(keys, "bounce") < 0.005)
    opened = (chance.shares(keys, "open") < 0.35) & ~bounced
    machine = (chance.shares(keys, "machine") < plan.machine_open_share) & ~bounced
    clicked = opened & (chance.shares(keys, "click") < 0.3)
    read_after = (120 + chance.shares(keys, "read") * 7200).astype(np.int64) * stamps.SECOND
    none = np.zeros(len(keys), dtype=np.int64)
    kinds = (
        (PROCESSED, none == 0, none - 2 * stamps.SECOND),
        (DELIVERED, ~bounced, none),
        (BOUNCED, bounced, none),
        (MACHINE_OPENED, machine, none + 9 * stamps.SECOND),
        (OPENED, opened, read_after),
        (CLICKED, clicked, read_after + 20 * stamps.SECOND),
    )
    frames = [
        mails.with_columns(at=pl.col("at") + pl.Series(after), event=pl.lit(kind, pl.Int8)).filter(
            happened
        )
        for kind, happened, after in kinds
    ]
    rows = pl.concat(frames).filter(pl.col("at") < company.last)
    rows = rows.with_columns(file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    keys = _keys(rows, company)
    return dirt.with_copies(rows, keys, dirt.heavier(plan), (dirt.IMPOSSIBLE,)).sort(
        "file_day", "at", "person_id", "step", "letter", "event", "copy"
    )


def _keys(rows: pl.DataFrame, company: Company) -> chance.Numbers:
    names = ("person_id", "step", "letter", "event")
    parts = (rows[name].to_numpy() for name in names)
    return chance.keyed(chance.root(company.seed, "mailing"), *parts)


def event_ids(rows: pl.DataFrame, company: Company) -> pl.Series:
    """The service's own id; that of a delivered touchpoint is the truth's own_id."""
    person, step = rows["person_id"].to_numpy(), rows["step"].to_numpy()
    touch = identifiers.own_ids(SOURCE, person, step, company.seed)
    other = chance.hexed(_keys(rows, company)) + "ffffff"
    is_touch = (rows["letter"] == 0) & (rows["event"] == DELIVERED)
    return touch.zip_with(is_touch, other)


def _lines(rows: pl.DataFrame, company: Company) -> pl.Series:
    """Each event as a JSON object on one line."""
    person = rows["person_id"]
    keys = _keys(rows, company)
    email = company.persons["email"].gather(person)
    message = chance.hexed(chance.keyed(chance.root(company.seed, "letter"), *(
        rows[name].to_numpy() for name in ("person_id", "step", "letter")
    )))  # fmt: skip
    category = CATEGORIES.gather(rows["category"])
    as_list = pl.Series(chance.shares(keys, "as list") < 0.9)
    seconds = (rows["at"] // stamps.SECOND).cast(pl.String)
    soon = pl.repeat('"soon"', rows.height, eager=True)
    lit = pl.lit
    parts = pl.DataFrame(
        {
            "email": identifiers.respelled_emails(email, keys, company.plan).str.strip_chars(),
            "at": soon.zip_with(rows["copy"] == dirt.IMPOSSIBLE, seconds),
            "event": EVENTS.gather(rows["event"]),
            "id": event_ids(rows, company),
            "message": message,
            "category": ('["' + category + '"]').zip_with(as_list, '"' + category + '"'),
            "extra": EXTRAS.gather(rows["event"]),
        }
    )
    return parts.select(
        line=pl.concat_str(
            lit('{"email":"'), "email", lit('","timestamp":'), "at", lit(',"event":"'), "event",
            lit('","sg_event_id":"'), "id", lit('","sg_message_id":"'), "message",
            lit('.filter0001.recvd","smtp-id":"<'), "message", lit('@larkspur.example>"'),
            lit(',"category":'), "category", "extra", lit("}"),
        )
    )["line"]  # fmt: skip


def write(company: Company) -> Written:
    """Write all days of the mailings."""
    rows = _rows(company)
    reason = pl.col("copy").replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    for (day,), part in rows.group_by("file_day", maintain_order=True):
        file = f"raw/{SOURCE}/{stamps.day_of(int(day))}.json"
        lines = _lines(part, company)
        written.write_text(company.out / file, "[\n" + ",\n".join(lines.to_list()) + "\n]\n")
        files.append((SOURCE, file, int(day), part.height))
        bad.append(written.line_records(SOURCE, file, lines, part.select(reason).to_series()))
    person = rows["person_id"].unique().sort()
    found = pl.DataFrame({"person_id": person, "email": company.persons["email"].gather(person)})
    counts = dirt.counted(SOURCE, rows["copy"])
    return written.account(files, bad, counts, written.evidence(found))
