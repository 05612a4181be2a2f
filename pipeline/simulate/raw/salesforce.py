"""The sales CRM: Salesforce Data Export, one folder a month, every cell quoted.

The headers stand in salesforce_people, salesforce_deals and salesforce_cases. Every folder holds
what changed in its month.
"""

import polars as pl

from pipeline.simulate import dirt, identifiers
from pipeline.simulate.raw import salesforce_cases, salesforce_deals, salesforce_people, written
from pipeline.simulate.raw.salesforce_cells import SOURCE
from pipeline.simulate.raw.written import Company, Written


def write(company: Company) -> Written:
    """Write all months of the sales CRM."""
    orders = salesforce_people.orders(company)
    leads = salesforce_people.leads(company, orders)
    history = salesforce_deals.history(company)
    cases = salesforce_cases.cases(company)
    tables = {
        "Contact": salesforce_people.contact_table(orders, company),
        "Lead": salesforce_people.lead_table(leads, company),
        "Opportunity": salesforce_deals.opportunity_table(history, company),
        "OpportunityHistory": salesforce_deals.history_table(history, company),
        "Case": salesforce_cases.case_table(cases, company),
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
            "salesforce_contact": salesforce_people.contact_ids(person.to_numpy(), seed),
            "email": persons["email"].gather(person),
            "phone": salesforce_people.phones(person, company),
            "user_id": persons["user_id"].gather(person),
        },
        {
            "person_id": new,
            "salesforce_lead": salesforce_people.lead_ids(new.to_numpy(), seed),
            "email": identifiers.emails(persons, new.to_numpy(), new.to_numpy() * 0),
        },
        {
            "person_id": done,
            "salesforce_lead": salesforce_people.lead_ids(done.to_numpy(), seed),
            "salesforce_contact": salesforce_people.contact_ids(done.to_numpy(), seed),
        },
        {
            "person_id": open_case,
            "salesforce_contact": salesforce_people.contact_ids(open_case.to_numpy(), seed),
            "email": persons["email"].gather(open_case),
        },
    )
    return pl.concat([written.evidence(pl.DataFrame(frame)) for frame in frames])
