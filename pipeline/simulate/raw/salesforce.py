"""The sales CRM: Salesforce Data Export, one folder a month, every cell quoted.

Headers:
    Contact: Id, IsDeleted, MasterRecordId, AccountId, LastName, FirstName, Phone, MobilePhone,
        Email, LeadSource, OwnerId, CreatedDate, LastModifiedDate, SystemModstamp, External_Id__c
        (the customer number)
    Lead: Id, IsDeleted, MasterRecordId, LastName, FirstName, Company, Phone, Email, LeadSource,
        Status, OwnerId, IsConverted, ConvertedDate, ConvertedAccountId, ConvertedContactId,
        ConvertedOpportunityId, CreatedDate, LastModifiedDate, SystemModstamp
    Opportunity: Id, IsDeleted, AccountId, Name, StageName, Amount, Probability, CloseDate, Type,
        LeadSource, IsClosed, IsWon, OwnerId, ContactId, CreatedDate, LastModifiedDate,
        SystemModstamp
    OpportunityHistory: Id, OpportunityId, CreatedById, CreatedDate, StageName, Amount,
        ExpectedRevenue, CloseDate, Probability, ForecastCategory, SystemModstamp, IsDeleted
    Case: Id, IsDeleted, CaseNumber, ContactId, AccountId, SuppliedName, SuppliedEmail,
        SuppliedPhone, Type, Status, Reason, Origin, Subject, Priority, Description, IsClosed,
        ClosedDate, OwnerId, CreatedDate, LastModifiedDate, SystemModstamp
Every folder holds what changed in its month: a lead again when it is converted, a case again
when it is closed, an opportunity in each month in which its history has a row.
"""

import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way, words
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "salesforce"
ASK, QUOTE, ORDER, CREDIT, OPENED, RESOLVED, RENEWED, CANCELLED = (
    way.NUMBER[name]
    for name in (
        "Ask sales",
        "Quote sent",
        "Order placed",
        "Credit check",
        "Ticket opened",
        "Ticket resolved",
        "Renewed",
        "Cancelled",
    )
)
STAGE_NAMES = {ORDER: "Ordered", CREDIT: "Credit Check", RENEWED: "Renewed", CANCELLED: "Cancelled"}
RENEWAL_DUE = "Renewal Due"
OWNER = "005000000000001AAA"
# Renewals are numbered after all orders a person can have.
FIRST_RENEWAL = 100


def contact_ids(person: identifiers.Rows, seed: int) -> pl.Series:
    """The Contact of each person."""
    return identifiers.salesforce_ids("003", seed, person)


def lead_ids(person: identifiers.Rows, seed: int) -> pl.Series:
    """The Lead of each person."""
    return identifiers.salesforce_ids("00Q", seed, person)


def case_ids(person: identifiers.Rows, case: identifiers.Rows, seed: int) -> pl.Series:
    """The Case of each person's ticket."""
    return identifiers.salesforce_ids("500", seed, person, case)


def _text(value: str, rows: pl.DataFrame) -> pl.Series:
    return pl.repeat(value, rows.height, eager=True)


def _flag(values: pl.Series) -> pl.Series:
    """Booleans as the export writes them: 1 and 0."""
    return values.cast(pl.Int8).cast(pl.String)


def _orders(company: Company) -> pl.DataFrame:
    """Each person's first order: person_id, at."""
    orders = written.met(company, [ORDER]).group_by("person_id").agg(pl.col("at").min())
    return orders.sort("at", "person_id")


def _phones(person: pl.Series, company: Company) -> pl.Series:
    """What agents typed: for some the company's own number."""
    typed = pl.repeat(identifiers.CALL_CENTRE_PHONES[0], len(person), eager=True)
    has_typed = company.persons["has_call_centre_phone"].gather(person)
    return typed.zip_with(has_typed, company.persons["phone"].gather(person))


def _contact_table(orders: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Contact: one row per customer, made at the first order."""
    person, persons = orders["person_id"], company.persons
    keys = chance.keyed(chance.root(company.seed, "salesforce contact"), person.to_numpy())
    phone = identifiers.respelled_phones(_phones(person, company), keys)
    stamp = stamps.salesforce(orders["at"].to_numpy())
    return pl.DataFrame(
        {
            "month": stamps.month(orders["at"].to_numpy()),
            "Id": contact_ids(person.to_numpy(), company.seed),
            "IsDeleted": _text("0", orders),
            "MasterRecordId": None,
            "AccountId": None,
            "LastName": persons["last_name"].gather(person),
            "FirstName": persons["first_name"].gather(person),
            "Phone": phone,
            "MobilePhone": None,
            "Email": identifiers.respelled_emails(
                persons["email"].gather(person), keys, company.plan
            ),
            "LeadSource": _text("Web", orders),
            "OwnerId": _text(OWNER, orders),
            "CreatedDate": stamp,
            "LastModifiedDate": stamp,
            "SystemModstamp": stamp,
            "External_Id__c": persons["user_id"].gather(person),
        }
    )


def _leads(company: Company, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per lead: person_id, at, converted_at (null: not yet)."""
    asked = written.met(company, [ASK, QUOTE]).filter(
        (pl.col("order_number") == 0) & (pl.col("form") != 2)
    )
    first = asked.group_by("person_id").agg(pl.col("at").min())
    return first.join(
        orders.select("person_id", converted_at="at"), on="person_id", how="left"
    ).sort("at", "person_id")  # fmt: skip


def _lead_table(leads: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Lead: in the month it was made as it stood at its end, and in that of its conversion."""
    made_in = pl.Series(stamps.month(leads["at"].to_numpy()))
    done_in = pl.Series(stamps.month(leads["converted_at"].fill_null(leads["at"]).to_numpy()))
    is_done = leads["converted_at"].is_not_null()
    same = is_done & (made_in == done_in)
    first = leads.with_columns(month=made_in, is_converted=same)
    again = leads.with_columns(month=done_in, is_converted=is_done).filter(is_done & ~same)
    rows = pl.concat([first, again]).sort("month", "at", "person_id")
    person = rows["person_id"]
    keys = chance.keyed(chance.root(company.seed, "lead"), person.to_numpy())
    email = identifiers.emails(company.persons, person.to_numpy(), person.to_numpy() * 0)
    converted = rows["is_converted"]
    changed = rows["converted_at"].zip_with(converted, rows["at"]).to_numpy()
    empty = _text("", rows)
    contact = contact_ids(person.to_numpy(), company.seed)
    changed_text = stamps.salesforce(changed)
    return pl.DataFrame(
        {
            "month": rows["month"],
            "Id": lead_ids(person.to_numpy(), company.seed),
            "IsDeleted": _text("0", rows),
            "MasterRecordId": None,
            "LastName": company.persons["last_name"].gather(person),
            "FirstName": company.persons["first_name"].gather(person),
            "Company": _text("Private", rows),
            "Phone": None,
            "Email": identifiers.respelled_emails(email, keys, company.plan),
            "LeadSource": _text("Web", rows),
            "Status": _text("Converted", rows).zip_with(converted, _text("Open", rows)),
            "OwnerId": _text(OWNER, rows),
            "IsConverted": _flag(converted),
            "ConvertedDate": stamps.days(changed, "%Y-%m-%d").zip_with(converted, empty),
            "ConvertedAccountId": None,
            "ConvertedContactId": contact.zip_with(converted, empty),
            "ConvertedOpportunityId": None,
            "CreatedDate": stamps.salesforce(rows["at"].to_numpy()),
            "LastModifiedDate": changed_text,
            "SystemModstamp": changed_text,
        }
    )


def _history(company: Company) -> pl.DataFrame:
    """One row per stage an opportunity entered and per copy: person_id, number, step, at, stage.

    An order's opportunity counts with the order, a renewal's with the visit to Renew. A renewal
    falls due in the second in which the customer decides: two rows of one time.
    """
    met = written.met(company, list(STAGE_NAMES))
    renewal = pl.col("touchpoint").is_in([RENEWED, CANCELLED])
    number = (
        pl.when(renewal)
        .then(FIRST_RENEWAL + pl.col("visit").cast(pl.Int64))
        .otherwise(pl.col("order_number").cast(pl.Int64))
    )
    rows = met.select(
        "person_id",
        "step",
        "at",
        "touchpoint",
        number=number,
        stage=pl.col("touchpoint").replace_strict(STAGE_NAMES, return_dtype=pl.String),
        is_due=pl.lit(value=False),
    )
    due = rows.filter(pl.col("touchpoint").is_in([RENEWED, CANCELLED])).with_columns(
        stage=pl.lit(RENEWAL_DUE), is_due=pl.lit(value=True)
    )
    rows = pl.concat([rows, due]).with_columns(file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    keys = chance.keyed(
        chance.root(company.seed, SOURCE),
        *(rows[name].to_numpy() for name in ("person_id", "step", "is_due")),
    )
    bad = (dirt.IMPOSSIBLE, dirt.CUT)
    copies = dirt.with_copies(rows, keys, dirt.heavier(company.plan), bad)
    opportunity = identifiers.salesforce_ids(
        "006", company.seed, copies["person_id"].to_numpy(), copies["number"].to_numpy()
    )
    price = chance.keyed(
        chance.root(company.seed, "price"),
        copies["person_id"].to_numpy(),
        copies["number"].to_numpy(),
    )
    amount = pl.Series(["348.00", "468.00", "588.00"]).gather(chance.picks(price, "price", 3))
    return written.monthly(copies.with_columns(opportunity=opportunity, amount=amount)).sort(
        "month", "at", "person_id", "step", pl.col("is_due").not_(), "copy"
    )


def _history_table(history: pl.DataFrame, company: Company) -> pl.DataFrame:
    """OpportunityHistory."""
    person, step = history["person_id"].to_numpy(), history["step"].to_numpy()
    own = identifiers.own_ids(SOURCE, person, step, company.seed)
    due = identifiers.salesforce_ids("008", company.seed, person, step, step)
    at = history["at"].to_numpy()
    impossible = _text("2026-13-05T10:00:00.000+0000", history)
    made = impossible.zip_with(history["copy"] == dirt.IMPOSSIBLE, stamps.salesforce(at))
    return pl.DataFrame(
        {
            "month": history["month"],
            "Id": due.zip_with(history["is_due"], own),
            "OpportunityId": history["opportunity"],
            "CreatedById": _text(OWNER, history),
            "CreatedDate": made,
            "StageName": history["stage"],
            "Amount": history["amount"],
            "ExpectedRevenue": history["amount"],
            "CloseDate": stamps.days(at, "%Y-%m-%d"),
            "Probability": _text("50", history),
            "ForecastCategory": _text("Pipeline", history),
            "SystemModstamp": made,
            "IsDeleted": _text("0", history),
        }
    )


def _opportunity_table(history: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Opportunity: as it stood at the end of each month in which its history has a row."""
    latest = history.group_by("month", "opportunity", maintain_order=True).agg(
        pl.col("person_id", "stage", "amount", "at", "number").last()
    )
    made = history.group_by("opportunity").agg(made_at=pl.col("at").min())
    rows = latest.join(made, on="opportunity", how="left").sort("month", "made_at", "opportunity")
    won = rows["stage"].is_in(["Renewed"])
    closed = rows["stage"].is_in(["Renewed", "Cancelled"])
    changed = stamps.salesforce(rows["at"].to_numpy())
    renewal = rows["number"] >= FIRST_RENEWAL
    last_name = company.persons["last_name"].gather(rows["person_id"])
    return pl.DataFrame(
        {
            "month": rows["month"],
            "Id": rows["opportunity"],
            "IsDeleted": _text("0", rows),
            "AccountId": None,
            "Name": "Fibre " + last_name,
            "StageName": rows["stage"],
            "Amount": rows["amount"],
            "Probability": _text("50", rows),
            "CloseDate": stamps.days(rows["at"].to_numpy(), "%Y-%m-%d"),
            "Type": _text("Renewal", rows).zip_with(renewal, _text("New Business", rows)),
            "LeadSource": _text("Web", rows),
            "IsClosed": _flag(closed),
            "IsWon": _flag(won),
            "OwnerId": _text(OWNER, rows),
            "ContactId": contact_ids(rows["person_id"].to_numpy(), company.seed),
            "CreatedDate": stamps.salesforce(rows["made_at"].to_numpy()),
            "LastModifiedDate": changed,
            "SystemModstamp": changed,
        }
    )


def _cases(company: Company) -> pl.DataFrame:
    """One row per case and month in which it changed: person_id, case_number, at, closed_at."""
    met = written.met(company, [OPENED, RESOLVED])
    opened = met.filter(pl.col("touchpoint") == OPENED).select("person_id", "case_number", "at")
    closed = met.filter(pl.col("touchpoint") == RESOLVED).select(
        "person_id", "case_number", closed_at="at"
    )
    cases = opened.join(closed, on=["person_id", "case_number"], how="left").sort("at", "person_id")
    made_in = pl.Series(stamps.month(cases["at"].to_numpy()))
    done_in = pl.Series(stamps.month(cases["closed_at"].fill_null(cases["at"]).to_numpy()))
    is_done = cases["closed_at"].is_not_null()
    same = is_done & (made_in == done_in)
    first = cases.with_columns(month=made_in, is_closed=same)
    again = cases.with_columns(month=done_in, is_closed=is_done).filter(is_done & ~same)
    return pl.concat([first, again]).sort("month", "at", "person_id")


def _case_table(cases: pl.DataFrame, company: Company) -> pl.DataFrame:
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
            "IsDeleted": _text("0", cases),
            "CaseNumber": chance.hexed(keys).str.slice(0, 10),
            "ContactId": contact_ids(person, company.seed),
            "AccountId": None,
            "SuppliedName": persons["first_name"].gather(person),
            "SuppliedEmail": persons["email"].gather(person),
            "SuppliedPhone": None,
            "Type": _text("Problem", cases),
            "Status": _text("Closed", cases).zip_with(closed, _text("New", cases)),
            "Reason": pl.Series(words.CASE_REASONS).gather(topic),
            "Origin": _text("Web", cases),
            "Subject": pl.Series(words.CASE_SUBJECTS).gather(topic),
            "Priority": _text("Medium", cases),
            "Description": _text("The customer says:\nit does not work.", cases),
            "IsClosed": _flag(closed),
            "ClosedDate": changed.zip_with(closed, _text("", cases)),
            "OwnerId": _text(OWNER, cases),
            "CreatedDate": stamps.salesforce(cases["at"].to_numpy()),
            "LastModifiedDate": changed,
            "SystemModstamp": changed,
        }
    )


def _evidence(
    orders: pl.DataFrame, leads: pl.DataFrame, cases: pl.DataFrame, company: Company
) -> pl.DataFrame:
    """Contact with e-mail, phone and customer number; lead with e-mail; lead with contact."""
    person = orders["person_id"]
    new = leads["person_id"]
    done = leads.filter(pl.col("converted_at").is_not_null())["person_id"]
    open_case = cases["person_id"].unique().sort()
    seed, persons = company.seed, company.persons
    frames = (
        {
            "person_id": person,
            "salesforce_contact": contact_ids(person.to_numpy(), seed),
            "email": persons["email"].gather(person),
            "phone": _phones(person, company),
            "user_id": persons["user_id"].gather(person),
        },
        {
            "person_id": new,
            "salesforce_lead": lead_ids(new.to_numpy(), seed),
            "email": identifiers.emails(persons, new.to_numpy(), new.to_numpy() * 0),
        },
        {
            "person_id": done,
            "salesforce_lead": lead_ids(done.to_numpy(), seed),
            "salesforce_contact": contact_ids(done.to_numpy(), seed),
        },
        {
            "person_id": open_case,
            "salesforce_contact": contact_ids(open_case.to_numpy(), seed),
            "email": persons["email"].gather(open_case),
        },
    )
    return pl.concat([written.evidence(pl.DataFrame(frame)) for frame in frames])


def write(company: Company) -> Written:
    """Write all months of the sales CRM."""
    orders = _orders(company)
    leads = _leads(company, orders)
    history = _history(company)
    cases = _cases(company)
    tables = {
        "Contact": _contact_table(orders, company),
        "Lead": _lead_table(leads, company),
        "Opportunity": _opportunity_table(history, company),
        "OpportunityHistory": _history_table(history, company),
        "Case": _case_table(cases, company),
    }
    reason = history["copy"].replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    marks = history.select("month", "copy", reason=reason)
    found = written.tables(company, SOURCE, tables, {"OpportunityHistory": marks})
    account = written.account(
        [],
        [],
        [*dirt.counted(SOURCE, history["copy"]), (SOURCE, "tied", int(history["is_due"].sum()))],
        _evidence(orders, leads, cases, company),
    )
    return written.together([found, account])
