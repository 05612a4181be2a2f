"""The call centre's own list: CSV, one file a week, London wall-clock times without a zone.

call_id, started_local (29/03/2026 02:14:07), caller, customer_number, queue, duration_s, agent.
`caller` may be `withheld`; then the customer said their number. On a day of a clock change some
calls without any number stand inside the hour that is skipped or repeated.
"""

from zoneinfo import ZoneInfo

import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way, words
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "calls"
ZONE = "Europe/London"
CALL = way.NUMBER["Phone call"]
HEADER = ("call_id", "started_local", "caller", "customer_number", "queue", "duration_s", "agent")


def _change_days(company: Company) -> list[int]:
    """The midnights (UTC) of days on which London's clocks change."""
    zone = ZoneInfo(ZONE)
    first = stamps.midnight(company.plan.starts_on)
    midnights = range(first, company.last, stamps.DAY)
    offsets = [stamps.moment(at).astimezone(zone).utcoffset() for at in (*midnights, company.last)]
    pairs = zip(midnights, offsets[:-1], offsets[1:], strict=True)
    return [at for at, before, after in pairs if before != after]


def _strangers(company: Company) -> pl.DataFrame:
    """Calls by nobody we know in the nights of a clock change: at, number."""
    at = [
        day + minutes * stamps.MINUTE for day in _change_days(company) for minutes in (30, 75, 95)
    ]
    return pl.DataFrame(
        {"at": at, "step": range(len(at))}, schema={"at": pl.Int64, "step": pl.Int32}
    )


def _rows(company: Company) -> pl.DataFrame:
    """One row per call and copy of one: the cells of `HEADER`, and person_id (null: nobody)."""
    called = written.met(company, [CALL])
    person, step = called["person_id"].to_numpy(), called["step"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, SOURCE), person, step)
    persons = company.persons
    withheld = pl.Series(chance.shares(keys, "withheld") < 0.06)
    says_number = withheld | pl.Series(chance.shares(keys, "says number") < 0.5)
    phone = identifiers.respelled_phones(persons["phone"].gather(person), keys)
    nobody = pl.repeat("withheld", len(person), eager=True)
    empty = pl.repeat("", len(person), eager=True)
    frame = called.select("person_id", "step", "at").with_columns(
        call_id="C" + identifiers.own_ids(SOURCE, person, step, company.seed),
        caller=nobody.zip_with(withheld, phone),
        customer_number=persons["user_id"].gather(person).zip_with(says_number, empty),
        is_withheld=withheld,
        says_number=says_number,
        duration_s=pl.Series(60 + chance.picks(keys, "duration", 1500)),
        agent=pl.Series(words.AGENTS).gather(chance.picks(keys, "agent", len(words.AGENTS))),
    )
    strangers = _strangers(company).with_columns(
        call_id=pl.concat_str(pl.lit("N"), "at"),
        caller=pl.lit("withheld"),
        customer_number=pl.lit(""),
        is_withheld=pl.lit(value=True),
        says_number=pl.lit(value=False),
        duration_s=pl.lit(45, pl.Int64),
        agent=pl.lit(words.AGENTS[0]),
    )
    frame = pl.concat([frame, strangers], how="diagonal").with_columns(
        file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32)
    )
    keys = chance.keyed(
        chance.root(company.seed, "call"),
        frame["person_id"].fill_null(-1).to_numpy(),
        frame["step"].to_numpy(),
    )
    heavier = dirt.heavier(company.plan)
    return written.weekly(dirt.with_copies(frame, keys, heavier, (dirt.IMPOSSIBLE, dirt.CUT)))


def _lines(rows: pl.DataFrame) -> pl.Series:
    """Each call as a CSV row; none of its cells needs quotes."""
    at = pl.from_epoch("at", time_unit="us").dt.replace_time_zone("UTC")
    local = at.dt.convert_time_zone(ZONE).dt.strftime("%d/%m/%Y %H:%M:%S")
    started = pl.when(pl.col("copy") == dirt.IMPOSSIBLE).then(
        pl.lit("45/") + local.str.slice(3)
    ).otherwise(local)  # fmt: skip
    cells = ("call_id", "started", "caller", "customer_number", "queue", "duration_s", "agent")
    whole = rows.with_columns(started=started, queue=pl.lit("support")).select(
        line=pl.concat_str(cells, separator=",")
    )["line"]
    # A row broken off after its third cell, as when a disk was full.
    short = whole.str.split(",").list.head(3).list.join(",")
    return short.zip_with(rows["copy"] == dirt.CUT, whole)


def write(company: Company) -> Written:
    """Write all weeks of the call list."""
    rows = _rows(company)
    reason = pl.col("copy").replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    rows = rows.with_columns(line=_lines(rows), reason=reason)
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    for (day,), part in rows.group_by("file_day", maintain_order=True):
        file = f"raw/{SOURCE}/{stamps.day_of(int(day))}.csv"
        written.write_text(
            company.out / file, "\n".join([",".join(HEADER), *part["line"].to_list(), ""])
        )
        files.append((SOURCE, file, int(day) + 6, part.height))
        bad.append(written.line_records(SOURCE, file, part["line"], part["reason"]))
    known = rows.filter(pl.col("person_id").is_not_null())
    person = known["person_id"]
    found = known.select(
        "person_id",
        phone=pl.when(~pl.col("is_withheld")).then(company.persons["phone"].gather(person)),
        user_id=pl.when("says_number").then(company.persons["user_id"].gather(person)),
    )
    changes = (SOURCE, "clock change", int(rows["person_id"].is_null().sum()))
    counts = [*dirt.counted(SOURCE, rows["copy"]), changes]
    return written.account(files, bad, counts, written.evidence(found))
