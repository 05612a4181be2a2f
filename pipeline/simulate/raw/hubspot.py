"""The marketing CRM: HubSpot's tables as CSV, one folder a month, stamps in UTC without a zone.

The headers stand in hubspot_contacts, hubspot_deals and hubspot_notes. Every folder is whole: a
deal that has a stage row in it has its own row and its contact in it.
"""

import numpy as np
import polars as pl

from pipeline.simulate import dirt, identifiers
from pipeline.simulate.raw import hubspot_contacts, hubspot_deals, hubspot_notes, written
from pipeline.simulate.raw.hubspot_cells import SOURCE
from pipeline.simulate.raw.written import Company, Written


def write(company: Company) -> Written:
    """Write all months of the marketing CRM."""
    contacts = hubspot_contacts.contacts(company)
    merges = hubspot_contacts.merges(contacts, company)
    stages = hubspot_deals.stages(company)
    stage_table = hubspot_deals.stage_table(stages)
    tables = {
        "contact_data": hubspot_contacts.contact_table(contacts, merges, company),
        "contact_property_history_data": hubspot_contacts.history_table(contacts, company),
        "contact_merge_audit_data": hubspot_contacts.merge_table(merges, company),
        "deal_stage_data": stage_table.drop("copy"),
        **hubspot_deals.deal_tables(stages, company),
        **hubspot_notes.note_tables(stages, company),
    }
    reasons = stages["copy"].replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    marks = pl.DataFrame({"month": stages["month"], "reason": reasons, "copy": stages["copy"]})
    found = written.tables(company, SOURCE, tables, {"deal_stage_data": marks})
    months = tables["deal_stage_data"]["month"].unique().sort()
    names = hubspot_deals.stage_names(company)
    files = [
        written.whole_table(company, SOURCE, str(month), "deal_pipeline_stage_data", names)
        for month in months
    ]
    account = written.account(
        files,
        [],
        dirt.counted(SOURCE, stages["copy"]),
        _evidence(contacts, merges, stages, company),
    )
    return written.together([found, account])


def _evidence(
    contacts: pl.DataFrame, merges: pl.DataFrame, stages: pl.DataFrame, company: Company
) -> pl.DataFrame:
    """Contact with e-mail, with phone, alone on a deal, and with the contact it swallowed."""
    ordered = contacts.filter((pl.col("which") == 0) & pl.col("ordered_at").is_not_null())
    person = ordered["person_id"]
    typed = pl.repeat(identifiers.CALL_CENTRE_PHONES[1], ordered.height, eager=True)
    call_centre = company.persons["has_call_centre_phone"].gather(person)
    phone = typed.zip_with(call_centre, company.persons["phone"].gather(person))
    on_deal = stages["person_id"].unique().sort()
    alone = identifiers.hubspot_contacts(on_deal.to_numpy(), np.zeros(len(on_deal), np.int64))
    frames = (
        contacts.select("person_id", "email", hubspot_contact="contact"),
        ordered.select("person_id", hubspot_contact="contact", phone=phone),
        pl.DataFrame({"person_id": on_deal, "hubspot_contact": alone}),
        merges.select(
            "person_id", pl.col("merged").alias("hubspot_contact:merged"), hubspot_contact="kept"
        ),
    )
    return pl.concat([written.evidence(frame) for frame in frames])
