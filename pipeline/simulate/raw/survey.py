"""The survey tool's answers: CSV, one file a month.

response_id, answered_at (2026-01-20T10:00:00Z), survey, metric (nps 0-10, csat 1-5, ces 1-7),
score, comment, email, customer_number. People answer one to two hours after an installation
(nps), a first login (ces) or a solved ticket (csat), and score as they feel.
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written
from pipeline.simulate.words import SURVEY_COMMENTS

SOURCE = "survey"
HEADER = (
    "response_id",
    "answered_at",
    "survey",
    "metric",
    "score",
    "comment",
    "email",
    "customer_number",
)
# By touchpoint: the survey's name, the metric, the share that answers, and the scores by mood.
SURVEYS = {
    way.NUMBER["Install done"]: ("onboarding", "nps", 0.25, {-1: (0, 5), 0: (6, 8), 1: (8, 10)}),
    way.NUMBER["First login"]: ("first login", "ces", 0.2, {-1: (1, 3), 0: (3, 5), 1: (5, 7)}),
    way.NUMBER["Ticket resolved"]: ("support", "csat", 0.4, {-1: (1, 2), 0: (3, 3), 1: (4, 5)}),
}


def answers(company: Company) -> pl.DataFrame:
    """One row per answer: person_id, step, at, mood, survey, metric, score, touchpoint."""
    frames = []
    for touchpoint, (survey, metric, share, bounds) in SURVEYS.items():
        met = written.met(company, [touchpoint])
        keys = _keys(met, company)
        wait = (3600 * (1 + chance.shares(keys, "answer after"))).astype(np.int64) * stamps.SECOND
        answered = pl.Series(chance.shares(keys, "answers") < share)
        frames.append(
            met.select(
                "person_id",
                "step",
                "mood",
                at=pl.col("at") // stamps.SECOND * stamps.SECOND + pl.Series(wait),
                survey=pl.lit(survey),
                metric=pl.lit(metric),
                score=written.scores(met["mood"].to_numpy(), keys, bounds),
                touchpoint=pl.lit(way.TOUCHPOINTS[touchpoint].name),
            ).filter(answered)
        )
    return pl.concat(frames).filter(pl.col("at") < company.last)


def _keys(rows: pl.DataFrame, company: Company) -> chance.Numbers:
    parts = (rows[name].to_numpy() for name in ("person_id", "step"))
    return chance.keyed(chance.root(company.seed, SOURCE), *parts)


def _comments(rows: pl.DataFrame, keys: chance.Numbers) -> pl.Series:
    """What people add, by mood."""
    texts = pl.Series([text for mood in (-1, 0, 1) for text in SURVEY_COMMENTS[mood]])
    place = (rows["mood"].to_numpy() + 1).astype(np.int64) * 3 + chance.picks(keys, "comment", 3)
    return texts.gather(place)


def _rows(company: Company) -> pl.DataFrame:
    """One row per answer and copy of one, with the cells of `HEADER`."""
    found = answers(company).with_columns(file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    bad = (dirt.IMPOSSIBLE, dirt.WRONG_VALUE)
    heavier = dirt.heavier(company.plan)
    rows = written.monthly(dirt.with_copies(found, _keys(found, company), heavier, bad))
    keys = _keys(rows, company)
    person = rows["person_id"]
    by_mail = pl.Series(chance.shares(keys, "by mail") < 0.8)
    stamp = stamps.iso_seconds(rows["at"].to_numpy())
    impossible = pl.repeat("2026-02-30T10:00:00Z", rows.height, eager=True)
    email = company.persons["email"].gather(person)
    empty = pl.repeat("", rows.height, eager=True)
    wrong = pl.repeat("great", rows.height, eager=True)
    return rows.with_columns(
        response_id="R" + identifiers.own_ids(SOURCE, person.to_numpy(), rows["step"].to_numpy(),
                                              company.seed),
        answered_at=impossible.zip_with(rows["copy"] == dirt.IMPOSSIBLE, stamp),
        score=wrong.zip_with(rows["copy"] == dirt.WRONG_VALUE, rows["score"].cast(pl.String)),
        comment=_comments(rows, keys),
        is_by_mail=by_mail,
        true_email=email,
        email=identifiers.respelled_emails(email, keys, company.plan).zip_with(by_mail, empty),
        customer_number=company.persons["user_id"].gather(person).zip_with(~by_mail, empty),
    )  # fmt: skip


def write(company: Company) -> Written:
    """Write all months of the survey tool."""
    rows = _rows(company)
    reason = pl.col("copy").replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    rows = rows.with_columns(reason=reason)
    files: list[tuple[str, str, int, int]] = []
    bad: list[pl.DataFrame] = []
    for (month,), part in rows.group_by("month", maintain_order=True):
        file = f"raw/{SOURCE}/{month}.csv"
        lines = written.write_csv(company.out / file, part.select(HEADER))
        files.append((SOURCE, file, written.month_end(str(month)), part.height))
        bad.append(written.line_records(SOURCE, file, lines, part["reason"]))
    found = rows.select(
        "person_id",
        email=pl.when("is_by_mail").then("true_email"),
        user_id=pl.when(~pl.col("is_by_mail")).then("customer_number"),
    )
    counts = dirt.counted(SOURCE, rows["copy"])
    return written.account(files, bad, counts, written.evidence(found))
