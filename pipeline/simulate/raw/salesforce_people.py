"""Salesforce's people: a contact for every customer, a lead for whoever asked before ordering.

Headers:
    Contact: Id, IsDeleted, MasterRecordId, AccountId, LastName, FirstName, Phone, MobilePhone,
        Email, LeadSource, OwnerId, CreatedDate, LastModifiedDate, SystemModstamp, External_Id__c
        (the customer number)
    Lead: Id, IsDeleted, MasterRecordId, LastName, FirstName, Company, Phone, Email, LeadSource,
        Status, OwnerId, IsConverted, ConvertedDate, ConvertedAccountId, ConvertedContactId,
        ConvertedOpportunityId, CreatedDate, LastModifiedDate, SystemModstamp
A lead stands in the folder of its month and again in that of its conversion.
"""

import polars as pl

from pipeline.simulate import chance, identifiers, stamps, way
from pipeline.simulate.raw import salesforce_cells as cells
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company

ASK, QUOTE, ORDER = (way.NUMBER[name] for name in ("Ask sales", "Quote sent", "Order placed"))


def contact_ids(person: identifiers.Rows, seed: int) -> pl.Series:
    """The Contact of each person."""
    return identifiers.salesforce_ids("003", seed, person)


def lead_ids(person: identifiers.Rows, seed: int) -> pl.Series:
    """The Lead of each person."""
    return identifiers.salesforce_ids("00Q", seed, person)


def orders(company: Company) -> pl.DataFrame:
    """Each person's first order: person_id, at."""
    found = written.met(company, [ORDER]).group_by("person_id").agg(pl.col("at").min())
    return found.sort("at", "person_id")


def leads(company: Company, orders: pl.DataFrame) -> pl.DataFrame:
    """One row per lead: person_id, at, converted_at (null: not yet)."""
    asked = written.met(company, [ASK, QUOTE]).filter(
        (pl.col("order_number") == 0) & (pl.col("form") != 2)
    )
    first = asked.group_by("person_id").agg(pl.col("at").min())
    return first.join(
        orders.select("person_id", converted_at="at"), on="person_id", how="left"
    ).sort("at", "person_id")  # fmt: skip


def contact_table(orders: pl.DataFrame, company: Company) -> pl.DataFrame:
    """Contact: one row per customer, made at the first order."""
    person, persons = orders["person_id"], company.persons
    keys = chance.keyed(chance.root(company.seed, "salesforce contact"), person.to_numpy())
    phone = identifiers.respelled_phones(phones(person, company), keys)
    stamp = stamps.salesforce(orders["at"].to_numpy())
    return pl.DataFrame(
        {
            "month": stamps.month(orders["at"].to_numpy()),
            "Id": contact_ids(person.to_numpy(), company.seed),
            "IsDeleted": cells.text("0", orders),
            "MasterRecordId": None,
            "AccountId": None,
            "LastName": persons["last_name"].gather(person),
            "FirstName": persons["first_name"].gather(person),
            "Phone": phone,
            "MobilePhone": None,
            "Email": identifiers.respelled_emails(
                persons["email"].gather(person), keys, company.plan
            ),
            "LeadSource": cells.text("Web", orders),
            "OwnerId": cells.text(cells.OWNER, orders),
            "CreatedDate": stamp,
            "LastModifiedDate": stamp,
            "SystemModstamp": stamp,
            "External_Id__c": persons["user_id"].gather(person),
        }
    )


def phones(person: pl.Series, company: Company) -> pl.Series:
    """What agents typed: for some the company's own number."""
    typed = pl.repeat(identifiers.CALL_CENTRE_PHONES[0], len(person), eager=True)
    has_typed = company.persons["has_call_centre_phone"].gather(person)
    return typed.zip_with(has_typed, company.persons["phone"].gather(person))


def lead_table(leads: pl.DataFrame, company: Company) -> pl.DataFrame:
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
    empty = cells.text("", rows)
    contact = contact_ids(person.to_numpy(), company.seed)
    changed_text = stamps.salesforce(changed)
    return pl.DataFrame(
        {
            "month": rows["month"],
            "Id": lead_ids(person.to_numpy(), company.seed),
            "IsDeleted": cells.text("0", rows),
            "MasterRecordId": None,
            "LastName": company.persons["last_name"].gather(person),
            "FirstName": company.persons["first_name"].gather(person),
            "Company": cells.text("Private", rows),
            "Phone": None,
            "Email": identifiers.respelled_emails(email, keys, company.plan),
            "LeadSource": cells.text("Web", rows),
            "Status": cells.text("Converted", rows).zip_with(converted, cells.text("Open", rows)),
            "OwnerId": cells.text(cells.OWNER, rows),
            "IsConverted": cells.flag(converted),
            "ConvertedDate": stamps.days(changed, "%Y-%m-%d").zip_with(converted, empty),
            "ConvertedAccountId": None,
            "ConvertedContactId": contact.zip_with(converted, empty),
            "ConvertedOpportunityId": None,
            "CreatedDate": stamps.salesforce(rows["at"].to_numpy()),
            "LastModifiedDate": changed_text,
            "SystemModstamp": changed_text,
        }
    )
