"""Salesforce's cases: the customers' tickets.

Headers:
    Case: Id, IsDeleted, CaseNumber, ContactId, AccountId, SuppliedName, SuppliedEmail,
        SuppliedPhone, Type, Status, Reason, Origin, Subject, Priority, Description, IsClosed,
        ClosedDate, OwnerId, CreatedDate, LastModifiedDate, SystemModstamp
A case stands in the folder of its month and again in that in which it was closed.
"""

import polars as pl

from pipeline.simulate import chance, identifiers, stamps, way, words
from pipeline.simulate.raw import salesforce_cells as cells
from pipeline.simulate.raw import written
from pipeline.simulate.raw.salesforce_people import contact_ids
from pipeline.simulate.raw.written import Company

OPENED, RESOLVED = (way.NUMBER[name] for name in ("Ticket opened", "Ticket resolved"))


def case_ids(person: identifiers.Rows, case: identifiers.Rows, seed: int) -> pl.Series:
    """The Case of each person's ticket."""
    return identifiers.salesforce_ids("500", seed, person, case)


def cases(company: Company) -> pl.DataFrame:
    """One row per case and month in which it changed: person_id, case_number, at, closed_at."""
    met = written.met(company, [OPENED, RESOLVED])
    opened = met.filter(pl.col("touchpoint") == OPENED).select("person_id", "case_number", "at")
    closed = met.filter(pl.col("touchpoint") == RESOLVED).select(
        "person_id", "case_number", closed_at="at"
    )
    found = opened.join(closed, on=["person_id", "case_number"], how="left").sort("at", "person_id")
    made_in = pl.Series(stamps.month(found["at"].to_numpy()))
    done_in = pl.Series(stamps.month(found["closed_at"].fill_null(found["at"]).to_numpy()))
    is_done = found["closed_at"].is_not_null()
    same = is_done & (made_in == done_in)
    first = found.with_columns(month=made_in, is_closed=same)
    again = found.with_columns(month=done_in, is_closed=is_done).filter(is_done & ~same)
    return pl.concat([first, again]).sort("month", "at", "person_id")


def case_table(cases: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Case."""
    person, number = cases["person_id"].to_numpy(), cases["case_number"].to_numpy()
    keys = chance.keyed(chance.root(company.seed, "case"), person, number)
    topic = chance.picks(keys, "topic", len(words.CASE_SUBJECTS))
    closed = cases["is_closed"]
    changed = stamps.salesforce(cases["closed_at"].zip_with(closed, cases["at"]).to_numpy())
    persons = company.persons
    return pl.DataFrame(
        {
            "month": cases["month"],
            "Id": case_ids(person, number, company.seed),
            "IsDeleted": cells.text("0", cases),
            "CaseNumber": chance.hexed(keys).str.slice(0, 10),
            "ContactId": contact_ids(person, company.seed),
            "AccountId": None,
            "SuppliedName": persons["first_name"].gather(person),
            "SuppliedEmail": persons["email"].gather(person),
            "SuppliedPhone": None,
            "Type": cells.text("Problem", cases),
            "Status": cells.text("Closed", cases).zip_with(closed, cells.text("New", cases)),
            "Reason": pl.Series(words.CASE_REASONS).gather(topic),
            "Origin": cells.text("Web", cases),
            "Subject": pl.Series(words.CASE_SUBJECTS).gather(topic),
            "Priority": cells.text("Medium", cases),
            "Description": cells.text("The customer says:\nit does not work.", cases),
            "IsClosed": cells.flag(closed),
            "ClosedDate": changed.zip_with(closed, cells.text("", cases)),
            "OwnerId": cells.text(cells.OWNER, cases),
            "CreatedDate": stamps.salesforce(cases["at"].to_numpy()),
            "LastModifiedDate": changed,
            "SystemModstamp": changed,
        }
    )
